// A certificate for one run: made by an authority that exists only while it is made, so nobody can sign with it later.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

using X509 = struct x509_st;
using EVP_PKEY = struct evp_pkey_st;

namespace hone::net {

// The server's certificate with its key, which is never written anywhere, and the authority's certificate as PEM.
struct RunCertificate {
  std::shared_ptr<X509> certificate = {};
  std::shared_ptr<EVP_PKEY> key = {};
  std::string authority_pem = {};
};

// For the names and addresses `hosts`, beside 127.0.0.1, ::1 and localhost; ECDSA on P-256, valid for 30 days.
base::Result<RunCertificate> MakeRunCertificate(const std::vector<std::string>& hosts);

// For a server that reads its certificate from files: its certificate, and its key with mode 0600.
base::Result<void> WriteCertificate(const RunCertificate& made, const std::filesystem::path& certificate,
                                    const std::filesystem::path& key);

}  // namespace hone::net
