// What a repository's compose files, .env files and Dockerfiles say about one of its programs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"

namespace hone::ops {

// Whether a variable of that name holds something that must not be copied into a file that is committed.
bool IsSecretName(std::string_view name);

// Whether it is one that says where to connect too (SENTRY_DSN, SLACK_WEBHOOK_URL), so that no made-up text will do.
bool IsSecretAddress(std::string_view name);

// What the service is given for a secret that it must have: without blanks, as it may stand in a header.
inline constexpr std::string_view kSecretPlaceholder = "only-for-measurements-not-a-secret";

// Whether such a variable holds what a service signs with itself (tokens, sessions, cookies), so that any value does.
bool IsSigningSecret(std::string_view name);

// Whether a value holds a password ("postgres://app:secret@db/app").
bool HoldsPassword(std::string_view value);

// A value that the repository gives to a variable, and how far it is of use outside of the containers.
struct DeployedValue {
  // kPrivate: from a file that is a person's own, so that it is not copied; `value` is empty.
  enum class Use { kAsItIs, kPublished, kNotReachable, kNotKnown, kPrivate };
  Use use = Use::kAsItIs;
  std::string value = {};    // kPublished: with the port that the host can reach
  std::string origin = {};   // "docker-compose.yml:31"
  std::string service = {};  // of compose, that the value names; of kPublished and kNotReachable
  std::string before = {};   // what stands before and after that name and its port
  std::string after = {};
  bool with_port = false;
};

// The inspection must outlive it.
class Deployment {
 public:
  Deployment(const golang::Inspection& inspection, const golang::MainPackage& main);

  // The compose service that runs the program, or nullptr.
  const golang::ComposeService* service() const { return service_; }
  // The compose service that is PostgreSQL, or nullptr: of several the one that service() depends on.
  const golang::ComposeService* postgres() const { return postgres_; }
  // What else must run: what service() depends on but PostgreSQL; without service() nothing is known.
  std::vector<const golang::ComposeService*> Others() const;
  // The build of the program in a Dockerfile, or nullptr; and the file.
  const golang::DockerBuild* build() const { return build_; }
  const golang::Dockerfile* dockerfile() const { return dockerfile_; }

  // From the compose service and its env_files, the .env examples, .env files, and the Dockerfile, in this order.
  std::optional<DeployedValue> ValueOf(std::string_view name) const;

 private:
  void FindService(const golang::Inspection& inspection, const golang::MainPackage& main);
  void FindPostgres();
  DeployedValue Judge(const golang::NamedValue& value) const;

  const golang::Inspection& inspection_;
  const golang::ComposeService* service_ = nullptr;
  const golang::ComposeService* postgres_ = nullptr;
  const golang::Dockerfile* dockerfile_ = nullptr;
  const golang::DockerBuild* build_ = nullptr;
};

// The subcommand that serves, or nullptr if none is needed: one from which the code listens, that which the
// repository's own containers start before others; where the code does not say, by what they start, or by its name.
const golang::Subcommand* Serving(const golang::MainPackage& main, const Deployment& deployment);

// Whether a compose service is PostgreSQL, by its image (postgis, pgvector and timescale too).
bool IsPostgres(const golang::ComposeService& service);

// The extension that an image brings beyond PostgreSQL's own, or empty.
std::string_view ExtensionOf(std::string_view image);

}  // namespace hone::ops
