#include "net/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string_view>

#include "base/files.h"

namespace hone::net {
namespace {

constexpr long kHour = 60 * 60;
constexpr long kValid = 30 * 24 * kHour;

template <typename T, auto Free>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Freed<T, Free>>;

std::shared_ptr<EVP_PKEY> MakeKey() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }

bool SetSerial(X509* certificate) {
  uint64_t number = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) != 1) return false;
  // Positive as a signed number, too.
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), (number >> 1) | 1) == 1;
}

bool SetName(X509_NAME* name, const char* text) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text), -1, -1,
                                    0) == 1;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION, &X509_EXTENSION_free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A host as a name of the certificate: an address where it is one.
bool AddHost(GENERAL_NAMES* names, const std::string& host) {
  Owned<GENERAL_NAME, &GENERAL_NAME_free> name(GENERAL_NAME_new());
  if (!name) return false;
  if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str()); address != nullptr) {
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address);
  } else {
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    if (text == nullptr) return false;
    GENERAL_NAME_set0_value(name.get(), GEN_DNS, text);
    if (ASN1_STRING_set(text, host.data(), static_cast<int>(host.size())) != 1) return false;
  }
  if (sk_GENERAL_NAME_push(names, name.get()) == 0) return false;
  std::ignore = name.release();
  return true;
}

bool AddHosts(X509* certificate, const std::vector<std::string>& more) {
  std::vector<std::string> hosts = {"127.0.0.1", "::1", "localhost"};
  for (const std::string& host : more) {
    if (!host.empty() && std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(host);
  }
  const Owned<GENERAL_NAMES, &GENERAL_NAMES_free> names(GENERAL_NAMES_new());
  if (!names) return false;
  for (const std::string& host : hosts) {
    if (!AddHost(names.get(), host)) return false;
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

// Without extensions and signature.
std::shared_ptr<X509> Begin(EVP_PKEY* key, const char* subject, const char* issuer) {
  std::shared_ptr<X509> made(X509_new(), &X509_free);
  const bool filled = made && X509_set_version(made.get(), X509_VERSION_3) == 1 && SetSerial(made.get()) &&
                      X509_gmtime_adj(X509_getm_notBefore(made.get()), -kHour) != nullptr &&
                      X509_gmtime_adj(X509_getm_notAfter(made.get()), kValid) != nullptr &&
                      X509_set_pubkey(made.get(), key) == 1 && SetName(X509_get_subject_name(made.get()), subject) &&
                      SetName(X509_get_issuer_name(made.get()), issuer);
  return filled ? made : nullptr;
}

std::shared_ptr<X509> MakeAuthority(EVP_PKEY* key) {
  constexpr const char* kName = "Hone, for one run";
  std::shared_ptr<X509> made = Begin(key, kName, kName);
  const bool done = made && AddExtension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    AddExtension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign") &&
                    AddExtension(made.get(), made.get(), NID_subject_key_identifier, "hash") &&
                    X509_sign(made.get(), key, EVP_sha256()) != 0;
  return done ? made : nullptr;
}

std::shared_ptr<X509> MakeServer(EVP_PKEY* key, X509* authority, EVP_PKEY* authority_key,
                                 const std::vector<std::string>& hosts) {
  std::shared_ptr<X509> made = Begin(key, "localhost", "Hone, for one run");
  const bool done = made && AddExtension(made.get(), authority, NID_basic_constraints, "critical,CA:FALSE") &&
                    AddExtension(made.get(), authority, NID_key_usage, "critical,digitalSignature") &&
                    AddExtension(made.get(), authority, NID_ext_key_usage, "serverAuth") &&
                    AddExtension(made.get(), authority, NID_authority_key_identifier, "keyid") &&
                    AddHosts(made.get(), hosts) && X509_sign(made.get(), authority_key, EVP_sha256()) != 0;
  return done ? made : nullptr;
}

template <typename Write>
std::string Pem(Write&& write) {
  const Owned<BIO, &BIO_free_all> memory(BIO_new(BIO_s_mem()));
  if (!memory || write(memory.get()) != 1) return "";
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<size_t>(size)};
}

std::string PemOf(X509* certificate) {
  return Pem([&](BIO* memory) { return PEM_write_bio_X509(memory, certificate); });
}

}  // namespace

base::Result<RunCertificate> MakeRunCertificate(const std::vector<std::string>& hosts) {
  const std::shared_ptr<EVP_PKEY> authority_key = MakeKey();
  RunCertificate made{.certificate = {}, .key = MakeKey(), .authority_pem = {}};
  if (authority_key && made.key) {
    if (const auto authority = MakeAuthority(authority_key.get())) {
      made.certificate = MakeServer(made.key.get(), authority.get(), authority_key.get(), hosts);
      made.authority_pem = PemOf(authority.get());
    }
  }
  ERR_clear_error();
  if (!made.certificate || made.authority_pem.empty())
    return base::Fail(base::Code::kEnvironment, "OpenSSL cannot make a certificate");
  return made;
}

base::Result<void> WriteCertificate(const RunCertificate& made, const std::filesystem::path& certificate,
                                    const std::filesystem::path& key) {
  HONE_CHECK_OK(base::WriteFile(certificate, PemOf(made.certificate.get())));
  const std::string text = Pem([&](BIO* memory) {
    return PEM_write_bio_PrivateKey(memory, made.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return base::WriteFile(key, text, 0600);
}

}  // namespace hone::net
