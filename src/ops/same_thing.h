// Values that belong to the very thing that a request is about: the version of what it changes.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "ops/column_values.h"
#include "ops/rig.h"
#include "ops/user.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

// By the names of the variables in a source's path, the scenario's that stand for the same thing: called alike, or with
// values from the same place. Empty where one of them has none.
std::map<std::string, std::string> SharedThings(const project::Scenario& scenario, const project::Scenario& source);

// Whether a variable of a writer gets a value of the very thing in its path: one of an answer about that thing, or a
// version (IsVersion) out of a column.
bool IsOfThing(const project::Project& project, const project::Scenario& scenario, const project::Variable& variable);

// Keeps such values with the things that they are of, in the scenario's groups. Belongs to one dry run: what was asked
// before is not asked again.
class SameThing {
 public:
  SameThing(User& user, const Rig& rig, const project::Project& project, ColumnFinder& finder)
      : user_(user), rig_(rig), project_(project), finder_(finder) {}

  // For some of the things that the scenario may ask about: the first ones of those that it would. Does nothing where
  // it reads, has no such variable, or little is answered.
  base::Result<void> Learn(const project::Scenario& scenario, project::Learned& learned);

 private:
  // What is learned of one source: with the values of `things` those of `taken`.
  struct Lesson {
    size_t source = 0;
    std::map<std::string, std::string> shared = {};  // by the source's names, the scenario's
    std::vector<const project::Variable*> taken = {};
    std::vector<std::string> things = {};  // the scenario's names
  };
  // The values of an answer for what is taken; nothing where it lacks one.
  using Taken = std::optional<std::vector<std::string>>;

  base::Result<void> LearnFrom(const project::Scenario& scenario, Lesson lesson, project::Learned& learned);
  // Whether to go on asking stands beside them.
  base::Result<std::pair<Taken, bool>> Ask(const Lesson& lesson, const project::Assignment& set);
  void LearnVersion(const project::Scenario& scenario, const project::Variable& version, project::Learned& learned);

  User& user_;
  const Rig& rig_;
  const project::Project& project_;
  ColumnFinder& finder_;
  // By the source and what it was asked with and for.
  std::map<std::pair<size_t, std::vector<std::string>>, Taken> known_ = {};
  std::map<std::string, size_t> asked_ = {};  // requests, by the scenario's name
};

}  // namespace hone::ops
