// From a scenario to concrete requests, and from answers to values and verdicts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/http_client.h"
#include "project/project.h"
#include "project/template.h"

namespace hone::project {

// A value for each of a scenario's variables. A variable that stands in `items` has further ones, under names that no
// variable can have: one for each item.
using Assignment = std::map<std::string, std::string, std::less<>>;

// Values taken from answers, for variables with `from`, and from the database, for those with `column`.
class Learned {
 public:
  // Takes from an answer of scenario `index` what other scenarios want from it; values seen before are not kept twice,
  // and no more than kMostValues for a variable. kInput if the body is not JSON or has nothing at a pointer, or a
  // header is missing: names the scenario, the pointer, the variable.
  base::Result<void> Learn(const Project& project, size_t index, const net::HttpAnswer& answer);
  // Keeps values for a variable that takes them from answers or from the database, instead of what it had.
  void Keep(const Variable& variable, std::vector<std::string> values);
  // Keeps values for a variable of one scenario, which it has as long as there are no others.
  void KeepMadeUp(const Scenario& scenario, const Variable& variable, std::vector<std::string> values) {
    made_up_[{scenario.name, variable.name}] = std::move(values);
  }
  // nullptr: there are none.
  const std::vector<std::string>* MadeUp(const Scenario& scenario, const Variable& variable) const {
    const auto found = made_up_.find(std::pair(scenario.name, variable.name));
    return found == made_up_.end() ? nullptr : &found->second;
  }
  // Keeps the columns of rows for variables that belong together (ColumnsTogether): `columns[i]` has the values of the
  // i-th variable, row by row. Not where there are no rows.
  void KeepRows(const std::vector<const Variable*>& together, std::vector<std::vector<std::string>> columns);
  // Those of the i-th variable; nullptr if there are none (yet).
  const std::vector<std::string>* FindOfRows(const std::vector<const Variable*>& together, size_t i) const;
  // Keeps rows of values for some of a scenario's variables, or one: they are asked for together, instead of each by
  // itself with those that it takes from elsewhere. `columns[i]` has the values of `names[i]`.
  struct Group {
    std::vector<std::string> names = {};
    std::vector<std::vector<std::string>> columns = {};
  };
  void KeepGroup(const Scenario& scenario, Group group) { groups_[scenario.name].push_back(std::move(group)); }
  // Those alone, instead of what the scenario has.
  void PutGroups(const Scenario& scenario, std::vector<Group> groups) { groups_[scenario.name] = std::move(groups); }
  // Those of the scenario, and that they are no more.
  const std::vector<Group>& Groups(const Scenario& scenario) const;
  void ForgetGroups(const Scenario& scenario) { groups_.erase(scenario.name); }
  // Keeps values of a scenario's variables, all but the size, that the quiet phase asks for beside those it draws.
  void KeepSet(const Scenario& scenario, Assignment set) { sets_[scenario.name].push_back(std::move(set)); }
  // Those sets, in the order in which they were kept.
  std::vector<Assignment> Sets(const Scenario& scenario) const;
  // Whether the items of a scenario's lists must be others: no size is asked for then for which there are too few
  // values.
  void KeepItemsApart(const Scenario& scenario, bool apart);
  bool KeepsItemsApart(const Scenario& scenario) const { return apart_.contains(scenario.name); }
  // Keeps which of the scenario's sizes it is asked with: those from `smallest` to `largest`.
  void KeepSizes(const Scenario& scenario, int64_t smallest, int64_t largest);
  // The sizes that were kept, or all that the scenario has; empty where it has no size variable.
  std::vector<int64_t> SizesOf(const Scenario& scenario) const;
  // nullptr if there are none (yet).
  const std::vector<std::string>* Find(size_t scenario, std::string_view pointer) const;
  const std::vector<std::string>* Find(const Variable& variable) const;
  static constexpr size_t kMostValues = 1000;

 private:
  std::map<std::pair<size_t, std::string>, std::vector<std::string>, std::less<>> values_ = {};
  // By the name of their scenario.
  std::map<std::string, std::vector<Assignment>, std::less<>> sets_ = {};
  std::map<std::string, std::vector<Group>, std::less<>> groups_ = {};
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> made_up_ = {};
  std::set<std::string> apart_ = {};
  std::map<std::string, std::pair<int64_t, int64_t>, std::less<>> sizes_ = {};
};

// The variables of a scenario that reads which take different columns of the same table, two or more, and stand in no
// item: asked for together, values of different rows would find nothing.
std::vector<std::vector<const Variable*>> ColumnsTogether(const Scenario& scenario);

// Whether a variable stands in the scenario's path, before the query.
bool StandsInPath(const Scenario& scenario, std::string_view name);

// Whether it stands in the items of the scenario's size variable, each of which has another of its values.
bool StandsInItems(const Scenario& scenario, std::string_view name);

// Whether a variable's values come during the run: out of answers or the database.
bool IsLearned(const Variable& variable);

// Whether a variable is the size, or follows from it (DaysAfter).
bool FollowsSize(const Variable& variable);

// The values of a scenario's variables but the size and what follows from it.
Assignment WithoutSize(const Scenario& scenario, const Assignment& assignment);

// The size that is usual, of those that are asked for: the scenario's own or the next smaller one, or else the
// smallest.
int64_t UsualSize(const Scenario& scenario, const std::vector<int64_t>& sizes);

// Of the values that other scenarios take from the answers of scenario `index`, how many the one has that has fewest.
size_t FewestLearned(const Project& project, size_t index, const Learned& learned);

// Whether another scenario takes values from the answers of scenario `index`.
bool IsSource(const Project& project, size_t index);

// Every value at a JSON pointer (RFC 6901) in which an element `*` means every element of an array (or member of an
// object): strings as they are, numbers and booleans as JSON writes them. Where an object has nothing there, at the
// same pointer in the only one of its members that has something: an envelope. kInput if the body is not JSON, nothing
// is there, or it is no such value.
base::Result<std::vector<std::string>> ExtractValues(std::string_view body, std::string_view pointer);

// Likewise those of an answer's body, or for "header:NAME" that header's. kInput where it has none.
base::Result<std::vector<std::string>> ValuesAt(const net::HttpAnswer& answer, std::string_view pointer);

// What the quiet phase sends. With a size variable: for each size, ascending, the same `per_size` sets of the other
// variables' values. Without one: up to `different` different assignments, so that row counts vary by themselves;
// ranges and lists are spread over their whole width. Without variables: one. The sets that were kept for the scenario
// (Learned::KeepSet) come beside either. The same seed gives the same answer. kNotEnough where a variable with `from`
// or `column` has no values.
struct QuietOptions {
  size_t per_size = 3;
  size_t different = 12;
};
base::Result<std::vector<Assignment>> QuietAssignments(const Scenario& scenario, const Learned& learned, uint64_t seed,
                                                       const QuietOptions& options = {});

// Up to `count` different assignments, drawn at random by `seed`, with the size for load. kNotEnough as above.
base::Result<std::vector<Assignment>> LoadAssignments(const Scenario& scenario, const Learned& learned, uint64_t seed,
                                                      size_t count);

// What the requests of one start of the service have in common.
struct RequestContext {
  Values values = {};          // "db.url", "port", "login.customer.token", ...
  std::string base_path = {};  // of the service's URL, without a slash at its end: "" or "/api"
  uint64_t seed = 1;           // of ${rand}
};

// Whether ${seq} or ${rand} stands in it: then no two requests of it are the same.
bool IsUnique(const Scenario& scenario);

// The request. ${seq} is `sequence`, which the caller counts up over a run; ${rand} is a number that follows from it
// and the seed. Values are percent-encoded in path and query and in form bodies, and escaped within the strings of JSON
// bodies. A body that begins with { or [ has Content-Type: application/json unless a header says otherwise. kInput for
// a name without a value.
base::Result<net::HttpRequest> BuildRequest(const Scenario& scenario, const Assignment& assignment,
                                            const RequestContext& context, uint64_t sequence);

// Whether the answer is what the scenario wants: its status, then each check. kService in one sentence that says what
// was wanted and of which kind and length the answer was, never a value out of it.
base::Result<void> CheckAnswer(const Scenario& scenario, const Assignment& assignment, const RequestContext& context,
                               const net::HttpAnswer& answer);

// A body with its values filled in: percent-encoded where `content_type` is a form's, escaped within the strings of a
// JSON body (by `content_type`, or, where it is nullptr, one that begins with { or [). kInput for a name without a
// value.
struct FilledBody {
  std::string bytes = {};
  bool json = false;
};
base::Result<FilledBody> FillBody(const Template& body, const std::string* content_type,
                                  const Template::Lookup& lookup);

// The request of a step of [[setup]] or [[cleanup]].
base::Result<net::HttpRequest> BuildStep(const Step& step, const RequestContext& context);

// Whether the answer has the status that the step wants and, where it has an `until` with a pointer, the value there.
// kService as CheckAnswer.
base::Result<void> CheckStep(const Step& step, const RequestContext& context, const net::HttpAnswer& answer);

// The values that a set-up step captures: "setup.NAME.KEY". kService where one is missing.
base::Result<Values> CaptureStep(const Step& step, const net::HttpAnswer& answer);

// The request of a login step.
base::Result<net::HttpRequest> BuildLogin(const Login& login, const RequestContext& context);

// The values that a login step captures: "login.NAME.KEY" and its value, to be added to RequestContext::values.
// kService if the status is not the wanted one or a value is missing (its place is named, nothing of the answer).
base::Result<Values> CaptureLogin(const Login& login, const net::HttpAnswer& answer);

}  // namespace hone::project
