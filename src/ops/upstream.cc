#include "ops/upstream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/clock.h"
#include "sql/upstream_probe.h"

namespace hone::ops {
namespace {

using base::Code;
using Context = std::shared_ptr<const net::TlsContext>;

constexpr base::Nanos kPatience = 10'000'000'000;

std::string ParameterOf(const pg::Dsn& dsn, const std::string& name) {
  const auto found = dsn.parameters.find(name);
  return found == dsn.parameters.end() ? "" : found->second;
}

std::string ModeOf(const pg::Dsn& dsn) {
  const std::string mode = ParameterOf(dsn, "sslmode");
  if (!mode.empty()) return mode;
  return pg::IsLoopback(dsn) ? "allow" : "prefer";
}

// The parameter, or the file that libpq looks for by itself; empty: neither.
std::filesystem::path FileOf(const pg::Dsn& dsn, const std::string& name, const char* usual) {
  const std::string named = ParameterOf(dsn, name);
  if (!named.empty()) return named;
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  std::filesystem::path file = std::filesystem::path(home) / ".postgresql" / usual;
  std::error_code error;
  return std::filesystem::exists(file, error) ? file : std::filesystem::path();
}

base::Result<void> SetVerification(const pg::Dsn& dsn, const std::string& mode, net::TlsClientOptions& options) {
  const bool must = mode.starts_with("verify-");
  const std::string named = ParameterOf(dsn, "sslrootcert");
  if (named == "system") {
    if (mode != "verify-full")
      return base::Fail(Code::kInput, "sslrootcert=system needs sslmode=verify-full", mode,
                        "Write sslmode=verify-full");
  } else {
    options.authorities = FileOf(dsn, "sslrootcert", "root.crt");
    std::error_code error;
    const bool there = !options.authorities.empty() && std::filesystem::exists(options.authorities, error);
    if (!there && must)
      return base::Fail(Code::kInput, fmt::format("sslmode={} needs a file of certificate authorities", mode), named,
                        "Name it with sslrootcert=FILE, or write sslmode=require to check no certificate");
    if (!there) return {};
  }
  options.verify =
      mode == "verify-full" ? net::TlsClientOptions::Verify::kHost : net::TlsClientOptions::Verify::kAuthority;
  options.revoked = FileOf(dsn, "sslcrl", "root.crl");
  return {};
}

base::Result<Context> MakeContext(const pg::Dsn& dsn, const std::string& mode) {
  net::TlsClientOptions options;
  options.host = dsn.host;
  HONE_CHECK_OK(SetVerification(dsn, mode, options));
  options.certificate = FileOf(dsn, "sslcert", "postgresql.crt");
  options.key = FileOf(dsn, "sslkey", "postgresql.key");
  options.key_password = ParameterOf(dsn, "sslpassword");
  options.least_version = ParameterOf(dsn, "ssl_min_protocol_version");
  options.most_version = ParameterOf(dsn, "ssl_max_protocol_version");
  options.send_name = ParameterOf(dsn, "sslsni") != "0";
  return net::TlsContext::ForClient(options);
}

base::Result<sql::UpstreamAnswer> Ask(const pg::Dsn& dsn, const net::TlsContext* tls) {
  return sql::AskUpstream({.host = dsn.host, .port = dsn.port, .tls = tls, .user = dsn.user, .database = dsn.database},
                          base::SystemClock().Now() + kPatience);
}

std::string Place(const pg::Dsn& dsn) { return fmt::format("{}:{}", dsn.host, dsn.port); }

base::Result<Context> Allow(const pg::Dsn& dsn, Context context) {
  if (dsn.user.empty()) return Context();
  HONE_TRY(const sql::UpstreamAnswer plain, Ask(dsn, nullptr));
  if (!plain.refused) return Context();
  HONE_TRY(const sql::UpstreamAnswer secured, Ask(dsn, context.get()));
  return secured.secured() && !secured.refused ? std::move(context) : Context();
}

base::Result<Context> Prefer(const pg::Dsn& dsn, Context context) {
  HONE_TRY(const sql::UpstreamAnswer secured, Ask(dsn, context.get()));
  if (!secured.secured()) return Context();
  if (!secured.refused) return context;
  HONE_TRY(const sql::UpstreamAnswer plain, Ask(dsn, nullptr));
  return plain.refused ? std::move(context) : Context();
}

base::Result<Context> Require(const pg::Dsn& dsn, const std::string& mode, Context context) {
  HONE_TRY(const sql::UpstreamAnswer answer, Ask(dsn, context.get()));
  if (answer.declined)
    return base::Fail(Code::kService,
                      fmt::format("The database's server does not speak TLS, which sslmode={} asks for", mode),
                      Place(dsn), "Write sslmode=disable, or set ssl = on in its postgresql.conf");
  if (!answer.problem.empty())
    return base::Fail(
        Code::kService,
        fmt::format("No TLS with the database's server, as sslmode={} asks for: {}", mode, answer.problem), Place(dsn),
        mode.starts_with("verify-")
            ? "Name the authority that signed its certificate with sslrootcert=FILE, and the host as the "
              "certificate does; sslmode=require checks neither"
            : "Try it with psql and the same address");
  return context;
}

}  // namespace

base::Result<Context> ChooseUpstreamTls(const pg::Dsn& dsn) {
  if (ParameterOf(dsn, "channel_binding") == "require")
    return base::Fail(Code::kInput,
                      "channel_binding=require cannot be met through a proxy: it binds the login to the TLS connection "
                      "with the server, and the service's connection ends at hone",
                      Place(dsn), "Write channel_binding=disable in the database's address that hone gets");
  constexpr std::array<std::string_view, 6> kModes = {"disable", "allow",     "prefer",
                                                      "require", "verify-ca", "verify-full"};
  const std::string mode = ModeOf(dsn);
  if (std::ranges::find(kModes, mode) == kModes.end())
    return base::Fail(Code::kInput, "There is no sslmode " + mode, "",
                      "Write disable, allow, prefer, require, verify-ca or verify-full");
  if (mode == "disable" || dsn.host.starts_with('/')) return Context();
  HONE_TRY(Context context, MakeContext(dsn, mode));
  if (mode == "allow") return Allow(dsn, std::move(context));
  if (mode == "prefer") return Prefer(dsn, std::move(context));
  return Require(dsn, mode, std::move(context));
}

pg::Dsn ForClients(pg::Dsn dsn, const std::string& sslmode, const std::string& authority) {
  for (const char* name : {"sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslcrldir", "sslsni",
                           "sslcompression", "requiressl", "sslcertmode", "sslnegotiation", "ssl_min_protocol_version",
                           "ssl_max_protocol_version", "requirepeer"})
    dsn.parameters.erase(name);
  // Where a client can bind, and must not, only this tells it.
  if (ParameterOf(dsn, "channel_binding") != "disable") dsn.parameters.erase("channel_binding");
  dsn.parameters["sslmode"] = sslmode;
  if (!authority.empty()) dsn.parameters["sslrootcert"] = authority;
  return dsn;
}

}  // namespace hone::ops
