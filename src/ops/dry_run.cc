#include "ops/dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "ops/busiest_values.h"
#include "ops/column_values.h"
#include "ops/other_values.h"
#include "ops/related_values.h"
#include "ops/same_thing.h"
#include "ops/size_trials.h"
#include "ops/user.h"

namespace hone::ops {
namespace {

// The scenarios that `selected` take values from, themselves included, in the project's order.
std::vector<size_t> WithSources(const project::Project& project, const std::vector<size_t>& selected) {
  std::set<size_t> wanted(selected.begin(), selected.end());
  for (auto at = project.order.rbegin(); at != project.order.rend(); ++at) {
    if (!wanted.contains(*at)) continue;
    for (const project::Variable& variable : project.scenarios[*at].vars) {
      if (const auto* from = std::get_if<project::FromAnswer>(&variable.values)) wanted.insert(from->scenario);
    }
  }
  std::vector<size_t> ordered;
  for (const size_t index : project.order) {
    if (wanted.contains(index)) ordered.push_back(index);
  }
  return ordered;
}

// Scenarios that read, and whose values come from such, before all others: they show which database the service uses
// before anything is written to it. Those that delete come last: others may be asked about the same rows.
std::vector<size_t> InOrder(const project::Project& project, std::vector<size_t> ordered) {
  std::set<size_t> late;
  for (const size_t index : ordered) {
    const auto waits = [&](const project::Variable& variable) {
      const auto* from = std::get_if<project::FromAnswer>(&variable.values);
      return from != nullptr && late.contains(from->scenario);
    };
    const project::Scenario& scenario = project.scenarios[index];
    if (scenario.writes || std::ranges::any_of(scenario.vars, waits)) late.insert(index);
  }
  std::ranges::stable_partition(ordered, [&](size_t index) { return !late.contains(index); });
  const auto deletes = [&](size_t index) {
    return project.scenarios[index].method == "DELETE" && !project::IsSource(project, index);
  };
  std::ranges::stable_partition(ordered, [&](size_t index) { return !deletes(index); });
  return ordered;
}

std::optional<int64_t> FirstNumber(std::string_view text) {
  const size_t digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos) return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + digit, text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

// Rows for the variables that belong together; where they cannot be read, each has its own values.
void LearnRows(const Rig& rig, const project::Scenario& scenario, DryRun& dry) {
  for (const std::vector<const project::Variable*>& together : project::ColumnsTogether(scenario)) {
    if (dry.learned.FindOfRows(together, 0) != nullptr) continue;
    std::vector<project::OfColumn> columns;
    for (const project::Variable* variable : together) columns.push_back(std::get<project::OfColumn>(variable->values));
    auto rows = ReadColumns(rig, columns);
    if (rows) dry.learned.KeepRows(together, *std::move(rows));
  }
}

// Values for the scenario's variables that come out of the database, and for those for which no answer had any.
void LearnColumns(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, DryRun& dry) {
  for (const project::Variable& variable : scenario.vars) {
    const auto* of = std::get_if<project::OfColumn>(&variable.values);
    const bool from = std::holds_alternative<project::FromAnswer>(variable.values);
    if ((of == nullptr && !from) || dry.learned.Find(variable) != nullptr) continue;
    if (of != nullptr) {
      auto values = ReadColumn(rig, *of);
      if (values) {
        dry.learned.Keep(variable, *std::move(values));
      } else {
        dry.caveats.push_back(fmt::format("variable `{}` of {}: {}", variable.name, project::EndpointName(scenario),
                                          base::Sentence(values.error())));
      }
    } else if (auto found = finder.Find(scenario, variable)) {
      dry.caveats.push_back(
          fmt::format("no answer listed values for `{}` of {}: they were taken out of the database, {}.{}",
                      variable.name, project::EndpointName(scenario), found->of.table, found->of.column));
      dry.learned.Keep(variable, std::move(found->values));
    }
  }
}

// A span of which few services refuse that somebody asks for it.
constexpr std::string_view kShortSpan = "6 days";

// Shorter spans of days for a scenario that asks for longer ones (`plus`). False where it has none, or they cannot be
// read.
bool LearnShorterSpans(const Rig& rig, const project::Scenario& scenario, project::Learned& learned) {
  for (const std::vector<const project::Variable*>& together : project::ColumnsTogether(scenario)) {
    std::vector<project::OfColumn> columns;
    std::vector<std::string> names;
    bool shortened = false;
    for (const project::Variable* variable : together) {
      names.push_back(variable->name);
      columns.push_back(std::get<project::OfColumn>(variable->values));
      if (!columns.back().plus.ends_with(" days")) continue;
      shortened = true;
      columns.back().plus = kShortSpan;
    }
    auto rows = shortened ? ReadColumns(rig, columns) : std::vector<std::vector<std::string>>();
    if (!rows || rows->empty() || rows->front().empty()) continue;
    learned.KeepGroup(scenario, {std::move(names), *std::move(rows)});
    return true;
  }
  return false;
}

// What came of the first request of a scenario that was answered as expected, or else of the last one.
struct Attempt {
  Asked asked = {};
  project::Assignment set = {};  // what was asked for first
  bool once = false;             // as in Tried
  bool some = false;
  bool refused() const { return IsRefused(asked); }
};

// Whether a writer refuses some of the values that it may be asked with for their rows' state: as many of a few others
// than those that it accepted as the quiet phase would not bear.
base::Result<bool> RefusesSome(User& user, const project::Scenario& scenario,
                               const std::vector<project::Assignment>& assignments,
                               const project::Assignment& accepted) {
  constexpr int kOthers = 5;
  constexpr int kTooMany = 2;
  int asked = 0;
  int refused = 0;
  for (const project::Assignment& set : assignments) {
    if (asked == kOthers || refused == kTooMany) break;
    if (project::WithoutSize(scenario, set) == project::WithoutSize(scenario, accepted)) continue;
    HONE_TRY(const Asked other, user.Ask(scenario, set));
    const bool of_state = IsRefused(other);
    if ((other.wrong && !of_state) || AnnouncedLimit(*other.answer)) break;
    ++asked;
    refused += of_state ? 1 : 0;
  }
  return refused == kTooMany;
}

// A writer is asked with other values where the first are refused for their rows' state, of which few may have the one
// that it wants, and once more with those that were accepted.
base::Result<Attempt> TryScenario(User& user, const project::Scenario& scenario, project::Learned& learned,
                                  const project::Assignment& first) {
  constexpr project::QuietOptions kMany = {.per_size = 8, .different = 60};
  Attempt attempt{.set = first};
  HONE_TRY(attempt.asked, user.Ask(scenario, first));
  if (attempt.refused()) {
    HONE_TRY(auto sized, TryOtherSizes(user, scenario, first, learned));
    if (sized) attempt = {.asked = std::move(sized->asked), .set = std::move(sized->set)};
  }
  project::Assignment accepted = attempt.set;
  if (!scenario.writes) return attempt;
  HONE_TRY(const auto assignments, project::QuietAssignments(scenario, learned, kDryRunSeed, kMany));
  if (assignments.size() == 1) return attempt;
  for (size_t i = 0; i < assignments.size() && attempt.refused(); ++i) {
    if (assignments[i] == first) continue;
    HONE_TRY(attempt.asked, user.Ask(scenario, assignments[i]));
    attempt.some = true;
    accepted = assignments[i];
  }
  if (attempt.asked.wrong || AnnouncedLimit(*attempt.asked.answer)) return attempt;
  HONE_TRY(const Asked again, user.Ask(scenario, accepted));
  attempt.once = scenario.method == "DELETE" || IsRefused(again);
  if (!attempt.once && !attempt.some) {
    HONE_TRY(attempt.some, RefusesSome(user, scenario, assignments, accepted));
  }
  return attempt;
}

// Whether a writer refuses all or, without items, some of what was tried, or what has many items.
base::Result<bool> RefusesMany(User& user, const project::Scenario& scenario, const Attempt& attempt,
                               const project::Assignment& most) {
  if (!scenario.writes) return false;
  if (attempt.asked.wrong || !HasItems(scenario)) return attempt.refused() || attempt.some;
  if (attempt.once || AnnouncedLimit(*attempt.asked.answer)) return false;
  HONE_TRY(const Asked many, user.Ask(scenario, most));
  return IsRefused(many);
}

// What all that is tried of scenarios works with.
struct Trials {
  User& user;
  const Rig& rig;
  const project::Project& project;
  ColumnFinder& columns;
  SameThing& things;
  DryRun& dry;
};

// Which values of the scenario's variables are asked for together: those that belong together in that way, if any, and
// what is of the very thing that its path names. Whether there are any of the first kind.
base::Result<bool> LearnTogether(Trials& trials, const project::Scenario& scenario, std::optional<RelatedWay> way) {
  project::Learned& learned = trials.dry.learned;
  learned.ForgetGroups(scenario);
  const bool related = way && LearnRelated(trials.rig, scenario, trials.columns, *way, learned);
  HONE_CHECK_OK(trials.things.Learn(scenario, learned));
  return related;
}

// What came of a writer with other values than those it refuses, one variable's at a time; none where it refuses them
// all, or `some` of these as well as of the usual ones.
base::Result<std::optional<Attempt>> TryOtherValues(Trials& trials, const project::Scenario& scenario, bool some) {
  User& user = trials.user;
  DryRun& dry = trials.dry;
  const std::vector<project::Learned::Group> before = dry.learned.Groups(scenario);
  for (OtherValues& other : FindOtherValues(trials.rig, scenario, trials.columns, dry.learned)) {
    const auto variable = std::ranges::find(scenario.vars, other.variable, &project::Variable::name);
    // Its values follow from the thing's.
    if (variable == scenario.vars.end() || IsOfThing(trials.project, scenario, *variable)) continue;
    dry.learned.ForgetGroups(scenario);
    dry.learned.KeepGroup(scenario, {{other.variable}, {std::move(other.values)}});
    HONE_CHECK_OK(trials.things.Learn(scenario, dry.learned));
    HONE_TRY(const auto assignments, project::QuietAssignments(scenario, dry.learned, kDryRunSeed));
    // The last one has the most items: each must be as it should.
    HONE_TRY(const Asked first, user.Ask(scenario, assignments.back()));
    bool better = !first.wrong;
    if (better && some) {
      HONE_TRY(const bool refuses, RefusesSome(user, scenario, assignments, assignments.back()));
      better = !refuses;
    }
    if (better) {
      dry.caveats.push_back(fmt::format("{} refuses most values of `{}`: it is asked with {}",
                                        project::EndpointName(scenario), other.variable, other.what));
      HONE_TRY(const Asked again, user.Ask(scenario, assignments.back()));
      Attempt attempt{.asked = first, .set = assignments.front()};
      attempt.once = scenario.method == "DELETE" || IsRefused(again);
      return attempt;
    }
    if (first.wrong && (!first.answer || !IsOfState(first.answer->status))) break;
  }
  dry.learned.ForgetGroups(scenario);
  for (const project::Learned::Group& group : before) dry.learned.KeepGroup(scenario, group);
  return std::nullopt;
}

// Why a scenario that writes must not be asked now.
std::optional<evidence::NotJudged> ForbiddenWrite(Rig& rig, const project::Scenario& scenario) {
  if (!scenario.writes) return std::nullopt;
  const std::string endpoint = project::EndpointName(scenario);
  if (rig.proxy() != nullptr && rig.proxy()->counters().connections == 0) {
    return evidence::NotJudged{endpoint, "it writes, and the service has not opened the database that hone gave it",
                               "Give the service its database by ${db.url} in [service.env] of hone.toml; where it "
                               "connects late, check a reading endpoint in the same run"};
  }
  if (!rig.may_write()) {
    return evidence::NotJudged{endpoint, "it writes, and the database is not Hone's own",
                               "--yes-write " + rig.database_name() + " allows it"};
  }
  return std::nullopt;
}

// One answer may list few of what others are to be asked about, or none: the list of one customer's orders, say. So the
// next ones are asked for, until there are enough. With sizes the largest: it lists most.
base::Result<void> LearnFurther(User& user, const project::Project& project, size_t index, project::Learned& learned) {
  constexpr size_t kEnough = 12;  // as many as the quiet phase asks for
  constexpr size_t kMostAsked = 8;
  const project::Scenario& scenario = project.scenarios[index];
  if (scenario.writes || !project::IsSource(project, index)) return {};
  HONE_TRY(const auto assignments, project::QuietAssignments(scenario, learned, kDryRunSeed,
                                                             {.per_size = kMostAsked, .different = kMostAsked}));
  if (assignments.size() < 2) return {};
  for (size_t asked = 0; asked < std::min(assignments.size(), kMostAsked); ++asked) {
    if (project::FewestLearned(project, index, learned) >= kEnough) break;
    HONE_TRY(const Asked one, user.Ask(scenario, assignments[assignments.size() - 1 - asked]));
    // One that is not there may be followed by one that is; a limiter or a service in need is left alone.
    if (one.wrong && (!one.answer || !IsOfState(one.answer->status))) break;
    if (!one.wrong) (void)learned.Learn(project, index, *one.answer);
  }
  return {};
}

// The path of a scenario behind the variable, without its query; empty where it does not stand there.
std::string PathBehind(const project::Scenario& scenario, const std::string& name) {
  std::string behind;
  bool found = false;
  for (const project::Template::Part& part : scenario.path.parts()) {
    if (found) behind += part.is_name ? "x" : part.text;
    found = found || (part.is_name && part.text == name);
  }
  return behind.substr(0, behind.find('?'));
}

// Gives a variable a value, and those that belong together with it the values of such a row. False where none has it.
bool PutValue(const project::Learned& learned, const project::Scenario& scenario, const std::string& name,
              const std::string& value, project::Assignment& set) {
  set[name] = value;
  for (const project::Learned::Group& group : learned.Groups(scenario)) {
    const auto member = std::ranges::find(group.names, name);
    if (member == group.names.end()) continue;
    const std::vector<std::string>& column = group.columns[static_cast<size_t>(member - group.names.begin())];
    const auto row = std::ranges::find(column, value);
    if (row == column.end()) return false;
    for (size_t i = 0; i < group.names.size(); ++i)
      set[group.names[i]] = group.columns[i][static_cast<size_t>(row - column.begin())];
  }
  return true;
}

// Asks with the set, and keeps it for the quiet phase where that is answered as it should. What a writer accepts once
// is not asked for as often as the quiet phase does. False: no more should be asked.
base::Result<bool> KeepIfAnswered(User& user, const project::Scenario& scenario, const project::Assignment& set,
                                  project::Learned& learned) {
  constexpr int kForbidden = 403;
  HONE_TRY(Asked answered, user.Ask(scenario, set));
  if (!answered.wrong && scenario.writes) {
    HONE_TRY(answered, user.Ask(scenario, set));
  }
  const int status = answered.answer ? answered.answer->status : 0;
  if (answered.wrong) return IsOfState(status) || status == kForbidden;
  learned.KeepSet(scenario, project::WithoutSize(scenario, set));
  return true;
}

// The values that the variables have beside those that are drawn.
base::Result<void> LearnShown(User& user, const project::Scenario& scenario, const project::Assignment& tried,
                              project::Learned& learned) {
  size_t most = 0;
  for (const project::Variable& variable : scenario.vars) most = std::max(most, variable.also.size());
  for (size_t i = 0; i < most; ++i) {
    project::Assignment set = tried;
    for (const project::Variable& variable : scenario.vars) {
      if (i < variable.also.size()) set[variable.name] = variable.also[i];
    }
    HONE_TRY(const bool go_on, KeepIfAnswered(user, scenario, set, learned));
    if (!go_on) return {};
  }
  return {};
}

// Values that are drawn may all have few rows behind them, in which no loop is seen: those with most are asked for too,
// where they are answered as well as `tried` was.
base::Result<void> LearnBusiest(User& user, const Rig& rig, const project::Scenario& scenario,
                                const project::Assignment& tried, ColumnFinder& finder, project::Learned& learned) {
  constexpr size_t kMostReading = 6;
  constexpr size_t kMostWriting = 1;
  if (rig.databases() == nullptr) return {};
  const std::vector<std::vector<const project::Variable*>> together = project::ColumnsTogether(scenario);
  for (const project::Variable& variable : scenario.vars) {
    if (!project::IsLearned(variable)) continue;
    const bool in_rows = std::ranges::any_of(
        together, [&](const auto& group) { return std::ranges::find(group, &variable) != group.end(); });
    const bool in_items = project::StandsInItems(scenario, variable.name);
    const std::vector<std::string>* const values = learned.Find(variable);
    if (in_rows || in_items || values == nullptr) continue;
    const auto of = finder.ColumnOf(scenario, variable, *values);
    if (!of) continue;
    std::vector<BusiestValue> busiest = finder.Busiest(*of);
    PutNamedFirst(PathBehind(scenario, variable.name), busiest);
    std::set<std::string> asked;
    for (const BusiestValue& busy : busiest) {
      if (asked.size() == (scenario.writes ? kMostWriting : kMostReading)) break;
      if (!asked.insert(busy.value).second) continue;
      project::Assignment set = tried;
      if (!PutValue(learned, scenario, variable.name, busy.value, set)) continue;
      HONE_TRY(const bool go_on, KeepIfAnswered(user, scenario, set, learned));
      if (!go_on) return {};
    }
  }
  return {};
}

void SayTogether(const project::Scenario& scenario, DryRun& dry) {
  dry.caveats.push_back(
      fmt::format("{} refuses most values that have nothing to do with each other: it is asked with those "
                  "whose rows belong together",
                  project::EndpointName(scenario)));
}

// What came of a writer that refuses many of the usual values with those that belong together; none where it refuses
// many of these as well.
base::Result<std::optional<Attempt>> TryTogether(Trials& trials, const project::Scenario& scenario) {
  User& user = trials.user;
  DryRun& dry = trials.dry;
  const std::vector<project::Learned::Group> before = dry.learned.Groups(scenario);
  const std::vector<int64_t> sizes = dry.learned.SizesOf(scenario);
  for (const RelatedWay way : {RelatedWay::kParts, RelatedWay::kSiblings}) {
    if (!sizes.empty()) dry.learned.KeepSizes(scenario, sizes.front(), sizes.back());
    HONE_TRY(const bool together, LearnTogether(trials, scenario, way));
    if (!together) continue;
    HONE_TRY(const auto assignments, project::QuietAssignments(scenario, dry.learned, kDryRunSeed));
    HONE_TRY(Attempt attempt, TryScenario(user, scenario, dry.learned, assignments.front()));
    if (attempt.asked.wrong) continue;
    HONE_TRY(const bool refuses, RefusesMany(user, scenario, attempt, assignments.back()));
    if (refuses) continue;
    SayTogether(scenario, dry);
    return attempt;
  }
  if (!sizes.empty()) dry.learned.KeepSizes(scenario, sizes.front(), sizes.back());
  dry.learned.ForgetGroups(scenario);
  for (const project::Learned::Group& group : before) dry.learned.KeepGroup(scenario, group);
  return std::nullopt;
}

// Asks with the usual values, then with those that belong together or not (`related`: the usual ones do), then with
// others.
base::Result<Attempt> TryAllWays(Trials& trials, size_t index, std::vector<project::Assignment> assignments,
                                 bool related) {
  User& user = trials.user;
  DryRun& dry = trials.dry;
  const project::Scenario& scenario = trials.project.scenarios[index];
  // The last one has the largest size: it has the most to learn from.
  const auto first = [&] {
    return project::IsSource(trials.project, index) ? assignments.back() : assignments.front();
  };
  HONE_TRY(Attempt attempt, TryScenario(user, scenario, dry.learned, first()));
  if (!scenario.writes && attempt.refused() && LearnShorterSpans(trials.rig, scenario, dry.learned)) {
    HONE_TRY(assignments, project::QuietAssignments(scenario, dry.learned, kDryRunSeed));
    HONE_TRY(attempt, TryScenario(user, scenario, dry.learned, first()));
    if (!attempt.asked.wrong) {
      dry.caveats.push_back(fmt::format("{} refuses longer spans of days than those of {}, which it is asked for",
                                        project::EndpointName(scenario), kShortSpan));
      return attempt;
    }
    dry.learned.ForgetGroups(scenario);
  }
  const bool refused = attempt.refused();
  for (const RelatedWay way : {RelatedWay::kParts, RelatedWay::kSiblings}) {
    const bool usual = related && way == RelatedWay::kParts;  // they were asked for
    if (!attempt.refused()) break;
    const auto wanted = usual ? std::nullopt : std::optional(way);
    HONE_TRY(const bool together, LearnTogether(trials, scenario, wanted));
    if (!usual && !together) continue;
    HONE_TRY(assignments, project::QuietAssignments(scenario, dry.learned, kDryRunSeed));
    HONE_TRY(attempt, TryScenario(user, scenario, dry.learned, first()));
    if (together && !attempt.asked.wrong) SayTogether(scenario, dry);
  }
  if (attempt.asked.wrong && refused) {
    HONE_CHECK_OK(LearnTogether(trials, scenario, std::nullopt));
  }
  HONE_TRY(assignments, project::QuietAssignments(scenario, dry.learned, kDryRunSeed));  // some sizes may be no more
  HONE_TRY(bool refuses_many, RefusesMany(user, scenario, attempt, assignments.back()));
  if (!refuses_many) return attempt;
  // It may be that the same stands twice among them.
  dry.learned.KeepItemsApart(scenario, true);
  HONE_TRY(const auto apart, project::QuietAssignments(scenario, dry.learned, kDryRunSeed));
  if (apart.size() < assignments.size()) {
    HONE_TRY(refuses_many, RefusesMany(user, scenario, attempt, apart.back()));
    if (!refuses_many) return attempt;
  }
  dry.learned.KeepItemsApart(scenario, false);
  if (!refused) {
    HONE_TRY(auto together, TryTogether(trials, scenario));
    if (together) return *std::move(together);
  }
  HONE_TRY(auto otherwise, TryOtherValues(trials, scenario, attempt.some));
  if (otherwise) return *std::move(otherwise);
  if (!attempt.asked.wrong && HasItems(scenario)) {
    HONE_CHECK_OK(TrySize(user, scenario, attempt.set, dry.learned.SizesOf(scenario).back(), dry.learned));
  }
  return attempt;
}

// What else there is to ask with, once an answer was as it should be: sizes, further values, those that documents show,
// and those with most behind them.
base::Result<void> LearnMore(Trials& trials, size_t index, const project::Assignment& tried) {
  project::Learned& learned = trials.dry.learned;
  const project::Scenario& scenario = trials.project.scenarios[index];
  HONE_CHECK_OK(TryBothEnds(trials.user, scenario, tried, learned));
  HONE_CHECK_OK(LearnFurther(trials.user, trials.project, index, learned));
  if (trials.dry.tried[index].choosy()) return {};
  HONE_CHECK_OK(LearnShown(trials.user, scenario, tried, learned));
  return LearnBusiest(trials.user, trials.rig, scenario, tried, trials.columns, learned);
}

}  // namespace

std::optional<int64_t> AnnouncedLimit(const net::HttpAnswer& answer) {
  for (const std::string_view name : {"X-RateLimit-Limit", "RateLimit-Limit", "X-Rate-Limit-Limit"}) {
    if (const std::string* value = net::FindHeader(answer, name)) return FirstNumber(*value);
  }
  if (const std::string* policy = net::FindHeader(answer, "RateLimit-Policy")) {
    const size_t quota = policy->find("q=");
    return FirstNumber(quota == std::string::npos ? std::string_view(*policy)
                                                  : std::string_view(*policy).substr(quota));
  }
  return std::nullopt;
}

evidence::NotJudged Unusable(const std::string& endpoint, const std::optional<net::HttpAnswer>& answer,
                             const base::Error& wrong) {
  constexpr int kUnauthorized = 401;
  constexpr int kForbidden = 403;
  constexpr int kTooMany = 429;
  const int status = answer ? answer->status : 0;
  if (status == kTooMany) {
    std::string reason = "a rate limiter answered with status 429";
    if (const std::string* after = answer ? net::FindHeader(*answer, "Retry-After") : nullptr) {
      if (const auto seconds = FirstNumber(*after)) reason += fmt::format(" (Retry-After: {})", *seconds);
    }
    return {endpoint, reason, "Raise or switch off the limit in the service's environment in hone.toml"};
  }
  if (status == kUnauthorized) {
    return {endpoint, "status 401: the request is not authenticated",
            "Add a [[login]] step, or the header that the service wants, to hone.toml"};
  }
  if (status == kForbidden) {
    return {endpoint, "status 403: the user may not do this, or a quota is used up",
            "Log in as somebody who may, or raise the quota"};
  }
  return {endpoint, base::Sentence(wrong), "Mend the scenario in hone.toml, or the service"};
}

base::Result<DryRun> RunDry(const project::Project& project, const std::vector<size_t>& selected, Rig& rig,
                            const base::Task& task, uint64_t& sequence) {
  DryRun dry;
  dry.tried.resize(project.scenarios.size());
  User user(rig, task, sequence);
  const Rig::HeldView before_writers(rig);
  ColumnFinder finder(rig, project);
  SameThing things(user, rig, project, finder);
  Trials trials{user, rig, project, finder, things, dry};
  for (const size_t index : InOrder(project, WithSources(project, selected))) {
    const project::Scenario& scenario = project.scenarios[index];
    const std::string endpoint = project::EndpointName(scenario);
    task.Report({"Trying " + scenario.name});
    if (auto forbidden = ForbiddenWrite(rig, scenario)) {
      dry.not_judged.push_back(*std::move(forbidden));
      continue;
    }
    LearnRows(rig, scenario, dry);
    LearnColumns(rig, scenario, finder, dry);
    const auto way = NamesWhatIsThere(scenario) ? std::optional(RelatedWay::kNamed) : std::nullopt;
    HONE_TRY(const bool related, LearnTogether(trials, scenario, way));
    const auto assignments = project::QuietAssignments(scenario, dry.learned, kDryRunSeed);
    if (!assignments) {
      dry.not_judged.push_back(
          {endpoint, base::Sentence(assignments.error()), "Mend the scenario that it takes values from"});
      continue;
    }
    const size_t unanswered = rig.upstreams().Unanswered().size();
    HONE_TRY(const Attempt attempt, TryAllWays(trials, index, *assignments, related));
    const Asked& asked = attempt.asked;
    HONE_CHECK_OK(rig.CheckForeignDatabases());
    dry.wrote = dry.wrote || scenario.writes;
    if (asked.wrong) {
      dry.not_judged.push_back(Unusable(endpoint, asked.answer, *asked.wrong));
      // A stub that has no answer is the likelier reason.
      if (const auto now = rig.upstreams().Unanswered(); now.size() > unanswered)
        dry.not_judged.back().what_would_do = fmt::format("See {}: it {}", now.back().subject, now.back().reason);
      continue;
    }
    const auto learned = dry.learned.Learn(project, index, *asked.answer);
    dry.tried[index] = {true, AnnouncedLimit(*asked.answer), attempt.once, attempt.some};
    if (const auto limit = dry.tried[index].request_limit) {
      dry.caveats.push_back(fmt::format(
          "{} announces a limit of {} requests: it is judged by single requests, not under load", endpoint, *limit));
    } else {
      HONE_CHECK_OK(LearnMore(trials, index, attempt.set));
    }
    if (auto left_out = SizesLeftOut(scenario, dry.learned)) dry.caveats.push_back(*std::move(left_out));
    if (!learned && project::FewestLearned(project, index, dry.learned) == 0)
      dry.caveats.push_back(base::Sentence(learned.error()));
  }
  return dry;
}

}  // namespace hone::ops
