#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace hone::net {
namespace {

// As the wire has it: a length, then the name.
constexpr std::string_view kProtocol = "\x0apostgresql";

const unsigned char* Unsigned(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string OpenSslReason() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "no reason given";
}

std::unexpected<base::Error> Unusable(std::string_view what, const std::filesystem::path& file) {
  const std::string reason = OpenSslReason();
  ERR_clear_error();
  return base::Fail(base::Code::kInput, std::string(what) + " cannot be used (" + reason + ")", file.string());
}

// Only "postgresql" is spoken; a client that offers other protocols alone is no client of a database.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                   unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, size, Unsigned(kProtocol),
                                           static_cast<unsigned int>(kProtocol.size()), offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

std::shared_ptr<SSL_CTX> MakeContext(const SSL_METHOD* method) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(method), &SSL_CTX_free);
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // Without buffers while idle: a thousand connections may be.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return context;
}

// 0: it is none.
int VersionOf(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, int>, 4> kVersions = {
      {{"TLSv1", TLS1_VERSION}, {"TLSv1.1", TLS1_1_VERSION}, {"TLSv1.2", TLS1_2_VERSION}, {"TLSv1.3", TLS1_3_VERSION}}};
  const auto found = std::ranges::find(kVersions, name, &std::pair<std::string_view, int>::first);
  return found == kVersions.end() ? 0 : found->second;
}

base::Result<void> SetVersions(SSL_CTX* context, const TlsClientOptions& options) {
  for (const std::string* name : {&options.least_version, &options.most_version}) {
    if (name->empty()) continue;
    const int version = VersionOf(*name);
    const bool least = name == &options.least_version;
    if (version == 0 || (least ? SSL_CTX_set_min_proto_version(context, version)
                               : SSL_CTX_set_max_proto_version(context, version)) != 1)
      return base::Fail(base::Code::kInput, "There is no such version of TLS", *name, "Write TLSv1.2 or TLSv1.3");
  }
  return {};
}

bool IsAddress(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

base::Result<void> SetVerification(SSL_CTX* context, const TlsClientOptions& options) {
  if (options.verify == TlsClientOptions::Verify::kNothing) return {};
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const bool loaded = options.authorities.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                                  : SSL_CTX_load_verify_file(context, options.authorities.c_str()) == 1;
  if (!loaded) return Unusable("The file of certificate authorities", options.authorities);
  if (!options.revoked.empty()) {
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    if (X509_STORE_load_file(store, options.revoked.c_str()) != 1)
      return Unusable("The list of revoked certificates", options.revoked);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  if (options.verify != TlsClientOptions::Verify::kHost) return {};
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = IsAddress(options.host)
                       ? X509_VERIFY_PARAM_set1_ip_asc(parameters, options.host.c_str()) == 1
                       : X509_VERIFY_PARAM_set1_host(parameters, options.host.data(), options.host.size()) == 1;
  if (!set) return base::Fail(base::Code::kInput, "No certificate can be for this host", options.host);
  return {};
}

int GivePassword(char* room, int size, int, void* password) {
  const std::string& text = *static_cast<const std::string*>(password);
  if (text.size() > static_cast<size_t>(size)) return 0;
  std::ranges::copy(text, room);
  return static_cast<int>(text.size());
}

base::Result<void> SetClientCertificate(SSL_CTX* context, const TlsClientOptions& options) {
  if (options.certificate.empty()) return {};
  std::string password = options.key_password;
  SSL_CTX_set_default_passwd_cb(context, &GivePassword);
  SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  const bool certificate = SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) == 1;
  const bool key = certificate && SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) == 1 &&
                   SSL_CTX_check_private_key(context) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  if (!certificate) return Unusable("The client's certificate", options.certificate);
  if (!key) return Unusable("The key of the client's certificate", options.key);
  return {};
}

}  // namespace

base::Result<std::shared_ptr<const TlsContext>> TlsContext::ForServer(const RunCertificate& made) {
  auto own = std::make_shared<TlsContext>();
  own->server_ = true;
  own->context_ = MakeContext(TLS_server_method());
  if (!own->context_ || SSL_CTX_use_certificate(own->context_.get(), made.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(own->context_.get(), made.key.get()) != 1)
    return base::Fail(base::Code::kEnvironment,
                      "OpenSSL cannot use the certificate that was made (" + OpenSslReason() + ")");
  SSL_CTX_set_alpn_select_cb(own->context_.get(), &ChooseProtocol, nullptr);
  return own;
}

base::Result<std::shared_ptr<const TlsContext>> TlsContext::ForClient(const TlsClientOptions& options) {
  auto own = std::make_shared<TlsContext>();
  own->context_ = MakeContext(TLS_client_method());
  if (!own->context_) return base::Fail(base::Code::kEnvironment, "OpenSSL cannot be set up (" + OpenSslReason() + ")");
  SSL_CTX* context = own->context_.get();
  HONE_CHECK_OK(SetVersions(context, options));
  HONE_CHECK_OK(SetVerification(context, options));
  HONE_CHECK_OK(SetClientCertificate(context, options));
  SSL_CTX_set_alpn_protos(context, Unsigned(kProtocol), static_cast<unsigned int>(kProtocol.size()));
  if (options.send_name && !options.host.empty() && !IsAddress(options.host)) own->server_name_ = options.host;
  return own;
}

TlsStream::TlsStream(const TlsContext& context, int fd) : ssl_(SSL_new(context.context_.get()), &SSL_free), fd_(fd) {
  BIO* bio = ssl_ ? MakeBio(this) : nullptr;
  if (bio == nullptr) {
    broken_ = true;
    return;
  }
  SSL_set_bio(ssl_.get(), bio, bio);
  if (!context.server_name_.empty()) {
    // SSL_set_tlsext_host_name, without its cast.
    std::string name = context.server_name_;
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  context.server_ ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
}

TlsStream::~TlsStream() = default;

// OpenSSL's own writes to a socket raise SIGPIPE.
BIO* TlsStream::MakeBio(TlsStream* stream) {
  static BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hone socket");
    if (method == nullptr) return method;
    BIO_meth_set_read(method, &TlsStream::Read);
    BIO_meth_set_write(method, &TlsStream::Write);
    BIO_meth_set_ctrl(method, &TlsStream::Control);
    return method;
  }();
  BIO* bio = kMethod != nullptr ? BIO_new(kMethod) : nullptr;
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, stream);
  BIO_set_init(bio, 1);
  return bio;
}

int TlsStream::Read(BIO* bio, char* data, int size) {
  auto* stream = static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(stream->fd_, data, static_cast<size_t>(size), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (count == 0) stream->ended_ = true;
  return static_cast<int>(count);
}

int TlsStream::Write(BIO* bio, const char* data, int size) {
  const auto* stream = static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::send(stream->fd_, data, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

long TlsStream::Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

TlsStream::Step TlsStream::Handshake() {
  if (ready_) return Step::kDone;
  if (broken_) return Step::kFailed;
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    wants_write_ = false;
    ready_ = true;
    return Step::kDone;
  }
  const int error_number = errno;
  const ssize_t failed = Failed(result, true);
  if (failed < 0 && errno == EAGAIN) return Step::kAgain;
  broken_ = true;
  problem_ = Problem(error_number);
  return Step::kFailed;
}

std::string TlsStream::Problem(int error) const {
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK)
    return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verified);
  if (ended_) return "it ended the connection during the handshake";
  if (ERR_peek_error() == 0 && error != 0) return "the connection was lost during the handshake";
  return "the handshake failed: " + OpenSslReason();
}

std::string TlsStream::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

// After a call that did not succeed: what recv or send would return, with errno.
ssize_t TlsStream::Failed(int result, bool reading) {
  const int error_number = errno;
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    if (reading) wants_write_ = error == SSL_ERROR_WANT_WRITE;
    errno = EAGAIN;
    return -1;
  }
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  broken_ = true;
  // An end without the word for it: servers and clients that are killed do that.
  if (reading && ended_) return 0;
  const bool system =
      error == SSL_ERROR_SYSCALL && error_number != 0 && error_number != EAGAIN && error_number != EINTR;
  errno = system ? error_number : EPROTO;
  return -1;
}

ssize_t TlsStream::Receive(char* data, size_t size) {
  if (broken_) return ended_ ? 0 : (errno = EPROTO, -1);
  ERR_clear_error();
  errno = 0;
  size_t count = 0;
  const int result = SSL_read_ex(ssl_.get(), data, size, &count);
  if (result != 1) return Failed(result, true);
  wants_write_ = false;
  return static_cast<ssize_t>(count);
}

bool TlsStream::Peek(char& byte) {
  if (broken_) return false;
  ERR_clear_error();
  size_t count = 0;
  const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &count);
  // What is wrong comes again when it is received.
  return result == 1 && count == 1;
}

ssize_t TlsStream::Send(std::string_view bytes) {
  if (broken_) return errno = EPROTO, -1;
  size_t sent = 0;
  while (sent < bytes.size()) {
    ERR_clear_error();
    errno = 0;
    size_t count = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data() + sent, bytes.size() - sent, &count);
    if (result != 1) {
      const ssize_t failed = Failed(result, false);
      return sent > 0 ? static_cast<ssize_t>(sent) : std::min<ssize_t>(failed, -1);
    }
    sent += count;
  }
  return static_cast<ssize_t>(sent);
}

void TlsStream::SendEnd() {
  if (!ready_ || broken_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool TlsStream::buffered() const { return ready_ && SSL_pending(ssl_.get()) > 0; }

}  // namespace hone::net
