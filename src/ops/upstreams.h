// What the service under test needs beside its database and Hone plays: stubs of the HTTP services that it calls, the
// key of the run, and the tokens that it signs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "evidence/model.h"
#include "evidence/redaction.h"
#include "project/project.h"
#include "service/jwt.h"
#include "service/stub_server.h"

namespace hone::ops {

// Belongs to one thread; project and redactor must outlive it.
class Upstreams {
 public:
  // Makes the key, starts the stubs, and adds to `values` what hone.toml may name: stub.NAME, jwt.*, token.NAME.
  static base::Result<std::unique_ptr<Upstreams>> Start(const project::Project& project, evidence::Redactor& redactor,
                                                        project::Values& values);

  // Makes those tokens anew that end within `for_ns`, or all of them (empty).
  base::Result<void> Mint(project::Values& values, std::optional<int64_t> for_ns);

  // When the stubs were called since the last Drain; one list a stub of the project.
  std::vector<std::vector<base::Nanos>> Drain();

  // A sentence for each request so far that no answer was written for, or that was none.
  std::vector<evidence::NotJudged> Unanswered() const;

 private:
  Upstreams(const project::Project& project, evidence::Redactor& redactor) : project_(project), redactor_(redactor) {}
  base::Result<void> MakeKey(project::Values& values);

  const project::Project& project_;
  evidence::Redactor& redactor_;
  std::optional<service::SigningKey> key_;
  std::unique_ptr<service::StubServer> key_server_;
  std::vector<std::unique_ptr<service::StubServer>> stubs_;
  std::vector<int64_t> ends_;  // of the tokens, in seconds since 1970
};

}  // namespace hone::ops
