// Where in the user's sources things are: the lines behind statements, the handlers behind endpoints, the modules that
// are the user's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/task.h"
#include "evidence/report.h"
#include "golang/inspection.h"
#include "golang/query_caller.h"
#include "golang/symbols.h"
#include "host/guardian.h"
#include "ops/built_texts.h"
#include "project/project.h"

namespace hone::ops {

// What go/hone-go says of the service's repository, as far as a report needs it. Empty where it could not be read; then
// caveats() says why.
class SourceMap {
 public:
  SourceMap() = default;
  static SourceMap Read(const project::Project& project, const host::Guardian& guardian, const base::Task& task);

  const std::vector<golang::Module>& modules() const { return modules_; }
  // Endpoint ("GET /orders/{id}") -> Go symbol of its handler.
  const std::map<std::string, std::string>& handlers() const { return handlers_; }
  const std::vector<golang::DeferredUnlock>& locks() const { return inspection_.locks; }
  const std::vector<std::string>& caveats() const { return caveats_; }
  const golang::Inspection& inspection() const { return inspection_; }  // empty where it could not be read

  // Adds file and line to a finding on a query: where its caller asked it, or, without one, a guess: where its text
  // stands in the sources.
  void Locate(evidence::Finding& finding, const golang::Caller* caller) const;

  // Whether the sources hold a query's text with parameters in it: `$1`, `?` or `@name`.
  bool WritesParameters(const std::string& query) const;
  // Whether the sources put a value of the requests into the text that they sent.
  bool BuildsWithValues(const LiteralText& sent) const { return HoldsValues(inspection_.queries, sent); }
  // Those of which the sources put a changing value into the text.
  std::set<std::string> QueriesBuiltFrom(const std::vector<LiteralText>& sent) const {
    return QueriesWithOpenLiterals(inspection_.queries, sent);
  }

  // Endpoints of the sources that no scenario asks, but for those that people and platforms ask (readiness, metrics,
  // pprof, documentation); of all programs of the repository, as one database serves them all.
  std::vector<std::string> Unasked(const project::Project& project) const;

  // Whether some code has a mapper or generated code make its statements, so that their texts stand nowhere.
  bool UsesMapper() const;

  // The library that the service asks its database with ("pgx", "gorm", ...); empty where it has several, or none.
  std::string DatabaseLibrary() const;

  // Whether some code has its statements built by a library that writes row counts as numbers.
  bool UsesBuilder() const;

 private:
  void LocateByStack(evidence::Finding& finding, const golang::Caller& caller) const;
  bool IsGenerated(const std::string& file_name) const;
  // Whether a function is handed the texts of statements and sends them for others.
  bool IsHelper(const std::string& function) const;

  golang::Inspection inspection_;
  std::vector<golang::Module> modules_;
  std::map<std::string, std::string> handlers_;
  std::vector<std::string> caveats_;
};

}  // namespace hone::ops
