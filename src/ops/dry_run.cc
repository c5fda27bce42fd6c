#include "ops/dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/ascii.h"
#include "ops/first_values.h"
#include "ops/further_values.h"
#include "ops/other_values.h"
#include "ops/related_values.h"
#include "ops/size_trials.h"
#include "ops/trials.h"

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
// before anything is written to it; of those the lists first that ask for nothing in particular: they show whose rows
// the user's are. Those that delete come last: others may be asked about the same rows.
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
  std::ranges::stable_partition(ordered, [&](size_t index) { return AsksForAll(project.scenarios[index]); });
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

constexpr int kStatusUnauthorized = 401;
constexpr int kStatusForbidden = 403;

bool IsAnsweredWith(const Asked& asked, int status) {
  return asked.wrong && asked.answer && asked.answer->status == status;
}

// Whether who asks may not do this, or not with these rows.
bool IsForbidden(const Asked& asked) {
  return IsAnsweredWith(asked, kStatusUnauthorized) || IsAnsweredWith(asked, kStatusForbidden);
}

// Whether a request was refused for what it names: a rule may answer with 403 for some rows (records that are closed to
// the one of the body).
bool IsRefusedForRows(const Asked& asked) { return IsRefused(asked) || IsAnsweredWith(asked, kStatusForbidden); }

// What came of the first request of a scenario that was answered as expected, or else of the last one.
struct Attempt {
  Asked asked = {};
  project::Assignment set = {};  // what was asked for first
  bool once = false;             // as in Tried
  bool some = false;
  bool refused() const { return IsRefusedForRows(asked); }
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

// What came of the values that a writer is asked with now.
struct Trial {
  std::optional<Attempt> attempt = {};  // none: it refuses them
  bool go_on = true;                    // for their rows' state, so that others may do
};

// Asks a writer with those values, of which it must not refuse any where it refuses `some` of the usual ones.
base::Result<Trial> TryThese(Trials& trials, const project::Scenario& scenario, bool some) {
  HONE_TRY(const auto assignments, project::QuietAssignments(scenario, trials.dry.learned, kDryRunSeed));
  // The last one has the most items: each must be as it should.
  HONE_TRY(const Asked first, trials.user.Ask(scenario, assignments.back()));
  if (first.wrong) return Trial{.go_on = IsRefusedForRows(first)};
  if (some) {
    HONE_TRY(const bool refuses, RefusesSome(trials.user, scenario, assignments, assignments.back()));
    if (refuses) return Trial{};
  }
  HONE_TRY(const Asked again, trials.user.Ask(scenario, assignments.back()));
  Attempt attempt{.asked = first, .set = assignments.front()};
  attempt.once = scenario.method == "DELETE" || IsRefused(again);
  return Trial{.attempt = std::move(attempt)};
}

// What came of a writer with other values than those it refuses, one variable's at a time beside `usual` groups, by
// themselves and then, where they are of rows in one state, those of them that belong to what the path names; none
// where it refuses them all, or `some` of these as well as of the usual ones.
base::Result<std::optional<Attempt>> TryOtherValues(Trials& trials, const project::Scenario& scenario, bool some,
                                                    const std::vector<project::Learned::Group>& usual = {}) {
  DryRun& dry = trials.dry;
  const std::vector<project::Learned::Group> before = dry.learned.Groups(scenario);
  for (OtherValues& other : FindOtherValues(trials.rig, scenario, trials.columns, dry.learned)) {
    const auto variable = std::ranges::find(scenario.vars, other.variable, &project::Variable::name);
    // Its values follow from the thing's.
    if (variable == scenario.vars.end() || IsOfThing(trials.project, scenario, *variable)) continue;
    std::vector<project::Learned::Group> groups = usual;
    std::erase_if(groups, [&](const auto& group) { return base::Has(group.names, other.variable); });
    groups.push_back({{other.variable}, {std::move(other.values)}});
    dry.learned.PutGroups(scenario, std::move(groups));
    HONE_CHECK_OK(trials.things.Learn(scenario, dry.learned));
    HONE_TRY(Trial trial, TryThese(trials, scenario, some));
    const char* together = "";
    if (!trial.attempt && trial.go_on && other.state && usual.empty()) {
      const Narrowed in_state = {.variable = other.variable, .rows = *other.state};
      HONE_TRY(const bool related, LearnTogether(trials, scenario, RelatedWay::kParts, in_state));
      if (related) {
        HONE_TRY(trial, TryThese(trials, scenario, some));
      }
      together = ", and whose rows belong together";
    }
    if (trial.attempt) {
      dry.caveats.push_back(fmt::format("{} refuses most values of `{}`: it is asked with {}{}",
                                        project::EndpointName(scenario), other.variable, other.what, together));
      return *std::move(trial.attempt);
    }
    if (!trial.go_on) break;
  }
  dry.learned.PutGroups(scenario, before);
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
  dry.learned.PutGroups(scenario, before);
  return std::nullopt;
}

// Whose rows the service may list: what it lists to those who ask for nothing in particular, which is asked for now
// where it was not yet.
base::Result<void> LookForOwners(Trials& trials) {
  constexpr int kMostLists = 8;
  if (trials.owners) return {};
  trials.owners.emplace();
  if (trials.rig.databases() == nullptr) return {};
  project::Learned& learned = trials.dry.learned;
  int asked = 0;
  for (size_t i = 0; i < trials.project.scenarios.size() && asked < kMostLists; ++i) {
    const project::Scenario& list = trials.project.scenarios[i];
    if (!AsksForAll(list) || !project::IsSource(trials.project, i) || trials.dry.tried[i].usable) continue;
    HONE_TRY(const auto assignments, project::QuietAssignments(list, learned, kDryRunSeed));
    HONE_TRY(const Asked answered, trials.user.Ask(list, assignments.back()));
    ++asked;
    if (!answered.wrong) (void)learned.Learn(trials.project, i, *answered.answer);
  }
  const AskFunction ask = [&](const std::string& text) { return trials.rig.AskDatabase(text); };
  trials.owners = FindOwners(ask, ListedRows(trials.project, trials.columns, learned));
  return {};
}

// Which of the sets is asked with first. The last one has the largest size: it has the most to learn from.
const project::Assignment& FirstOf(const Trials& trials, size_t index, const std::vector<project::Assignment>& sets) {
  return project::IsSource(trials.project, index) ? sets.back() : sets.front();
}

base::Result<Attempt> TryOnce(Trials& trials, size_t index) {
  const project::Scenario& scenario = trials.project.scenarios[index];
  HONE_TRY(const auto assignments, project::QuietAssignments(scenario, trials.dry.learned, kDryRunSeed));
  return TryScenario(trials.user, scenario, trials.dry.learned, FirstOf(trials, index, assignments));
}

// Shorter spans of days, where the usual ones are refused. None where there are none.
base::Result<std::optional<Attempt>> TryShorterSpans(Trials& trials, size_t index) {
  project::Learned& learned = trials.dry.learned;
  const project::Scenario& scenario = trials.project.scenarios[index];
  if (scenario.writes || !LearnShorterSpans(trials.rig, scenario, trials.columns, learned)) return std::nullopt;
  HONE_TRY(Attempt attempt, TryOnce(trials, index));
  if (attempt.refused()) learned.ForgetGroups(scenario);
  if (!attempt.asked.wrong) {
    trials.dry.caveats.push_back(fmt::format("{} refuses longer spans of days than those of {}, which it is asked for",
                                             project::EndpointName(scenario), kShortSpan));
  }
  return attempt;
}

// Whether others of the values that it is asked with now are accepted as well: once may be chance.
base::Result<bool> AcceptsOthers(Trials& trials, const project::Scenario& scenario,
                                 const project::Assignment& accepted) {
  constexpr int kOthers = 2;
  if (scenario.writes) return false;
  HONE_TRY(const auto assignments, project::QuietAssignments(scenario, trials.dry.learned, kDryRunSeed));
  int asked = 0;
  for (const project::Assignment& set : assignments) {
    if (asked == kOthers) break;
    if (project::WithoutSize(scenario, set) == project::WithoutSize(scenario, accepted)) continue;
    HONE_TRY(const Asked other, trials.user.Ask(scenario, set));
    if (other.wrong) return false;
    ++asked;
  }
  return asked == kOthers;
}

// The values that belong together in that way, or else the user's own ones. Whether there are any.
base::Result<bool> LearnOwnBy(Trials& trials, const project::Scenario& scenario, std::optional<RelatedWay> way) {
  if (way) return LearnTogether(trials, scenario, way);
  trials.dry.learned.ForgetGroups(scenario);
  const bool own = LearnOwn(trials.rig, scenario, trials.columns, trials.dry.learned);
  HONE_CHECK_OK(trials.things.Learn(scenario, trials.dry.learned));
  return own;
}

// With the rows of whom the service lists, or may. Where a scenario that refused others' accepts these, all values are
// such from then on.
base::Result<std::optional<Attempt>> TryOwn(Trials& trials, size_t index) {
  constexpr size_t kMostOwners = 3;
  using Ways = std::vector<std::optional<RelatedWay>>;
  const project::Scenario& scenario = trials.project.scenarios[index];
  HONE_CHECK_OK(LookForOwners(trials));
  const std::optional<project::Within> known = trials.columns.row();
  std::vector<project::Within> rows;
  for (const Owner& owner : *trials.owners) {
    if (!known && rows.size() < kMostOwners) rows.push_back(owner.row);
  }
  if (known) rows.push_back(*known);
  // What belongs together was asked for then.
  const Ways ways = known ? Ways{std::nullopt} : Ways{RelatedWay::kParts, RelatedWay::kSiblings, std::nullopt};
  for (const project::Within& row : rows) {
    trials.columns.StayWithin(row);
    for (const std::optional<RelatedWay> way : ways) {
      HONE_TRY(const bool any, LearnOwnBy(trials, scenario, way));
      if (!any) continue;
      HONE_TRY(Attempt attempt, TryOnce(trials, index));
      if (attempt.refused()) continue;
      bool stay = known.has_value();
      if (!attempt.asked.wrong) {
        trials.dry.caveats.push_back(fmt::format("{} refuses rows of others than {}.{} {}, which it is asked for",
                                                 project::EndpointName(scenario), row.table, row.column, row.value));
        if (!stay) {
          HONE_TRY(stay, AcceptsOthers(trials, scenario, attempt.set));
        }
      }
      if (!stay) trials.columns.StayWithin(std::nullopt);
      return attempt;
    }
  }
  trials.columns.StayWithin(known);
  trials.dry.learned.ForgetGroups(scenario);
  return std::nullopt;
}

// The same where an attempt was refused, or answered by chance: others of the values that it may read with are not.
// None where it was not, or nothing better is found.
base::Result<std::optional<Attempt>> TryOwnWhereRefused(Trials& trials, size_t index, const Attempt& attempt) {
  project::Learned& learned = trials.dry.learned;
  const project::Scenario& scenario = trials.project.scenarios[index];
  bool by_chance = false;
  if (!attempt.asked.wrong && !scenario.writes && !AnnouncedLimit(*attempt.asked.answer)) {
    HONE_TRY(const auto assignments, project::QuietAssignments(scenario, learned, kDryRunSeed));
    HONE_TRY(by_chance, RefusesSome(trials.user, scenario, assignments, attempt.set));
  }
  if (!attempt.refused() && !by_chance) return std::nullopt;
  const std::vector<project::Learned::Group> before = learned.Groups(scenario);
  HONE_TRY(auto own, TryOwn(trials, index));
  if (own && (!by_chance || (!own->asked.wrong && trials.columns.row()))) return own;
  if (by_chance) learned.PutGroups(scenario, before);
  return std::nullopt;
}

// What came of a writer that refuses some of the usual values with rows of whom the service lists alone, of one
// variable in one state where it refuses these, too; none where it refuses them all.
base::Result<std::optional<Attempt>> TryOtherOwnValues(Trials& trials, const project::Scenario& scenario, bool some) {
  HONE_CHECK_OK(LookForOwners(trials));
  if (trials.owners->empty() || trials.columns.row()) return std::nullopt;  // all were the user's own
  project::Learned& learned = trials.dry.learned;
  const std::vector<project::Learned::Group> before = learned.Groups(scenario);
  const project::Within& row = trials.owners->front().row;
  trials.columns.StayWithin(row);
  learned.ForgetGroups(scenario);
  std::optional<Attempt> attempt;
  if (LearnOwn(trials.rig, scenario, trials.columns, learned)) {
    const std::vector<project::Learned::Group> own = learned.Groups(scenario);
    HONE_CHECK_OK(trials.things.Learn(scenario, learned));
    HONE_TRY(Trial trial, TryThese(trials, scenario, some));
    attempt = std::move(trial.attempt);
    if (!attempt && trial.go_on) {
      HONE_TRY(attempt, TryOtherValues(trials, scenario, some, own));
    }
  }
  trials.columns.StayWithin(std::nullopt);
  if (attempt) {
    trials.dry.caveats.push_back(fmt::format("{} refuses rows of others than {}.{} {}, which it is asked for",
                                             project::EndpointName(scenario), row.table, row.column, row.value));
  } else {
    learned.PutGroups(scenario, before);
  }
  return attempt;
}

// The rows that documents show for a path: `/orgs/${slug}` of one of which the account may be.
std::vector<project::Within> ShownRows(const project::Scenario& scenario) {
  std::vector<project::Within> rows;
  for (const project::Variable& variable : scenario.vars) {
    const auto* const of = std::get_if<project::OfColumn>(&variable.values);
    if (of == nullptr || !project::StandsInPath(scenario, variable.name)) continue;
    for (const std::string& value : variable.also) rows.push_back({of->table, of->column, value});
  }
  return rows;
}

// With what belongs to a row that documents show, where the others are not open to who asks: a tenant. Where such a
// scenario is let in, all values are of that row from then on.
base::Result<std::optional<Attempt>> TryShown(Trials& trials, size_t index) {
  const project::Scenario& scenario = trials.project.scenarios[index];
  const std::optional<project::Within> known = trials.columns.row();
  for (const project::Within& row : known ? std::vector{*known} : ShownRows(scenario)) {
    trials.columns.StayWithin(row);
    HONE_TRY(const bool own, LearnOwnBy(trials, scenario, std::nullopt));
    if (!own) continue;
    HONE_TRY(Attempt attempt, TryOnce(trials, index));
    if (IsForbidden(attempt.asked)) continue;
    if (!known) {
      trials.dry.caveats.push_back(fmt::format("{} is open to {}.{} {} alone: all are asked about what belongs to it",
                                               project::EndpointName(scenario), row.table, row.column, row.value));
    }
    return attempt;
  }
  trials.columns.StayWithin(known);
  trials.dry.learned.ForgetGroups(scenario);
  return std::nullopt;
}

// Asks with the usual values, then with those that belong together or not (`related`: the usual ones do), then with
// others.
base::Result<Attempt> TryAllWays(Trials& trials, size_t index, std::vector<project::Assignment> assignments,
                                 bool related) {
  User& user = trials.user;
  DryRun& dry = trials.dry;
  const project::Scenario& scenario = trials.project.scenarios[index];
  HONE_TRY(Attempt attempt, TryScenario(user, scenario, dry.learned, FirstOf(trials, index, assignments)));
  if (IsForbidden(attempt.asked)) {
    HONE_TRY(auto shown, TryShown(trials, index));
    if (shown) attempt = *std::move(shown);
  }
  const bool refused = attempt.refused();
  if (refused) {
    HONE_TRY(auto shorter, TryShorterSpans(trials, index));
    if (shorter) attempt = *std::move(shorter);
  }
  for (const RelatedWay way : {RelatedWay::kParts, RelatedWay::kSiblings}) {
    const bool usual = related && way == RelatedWay::kParts;  // they were asked for
    if (!attempt.refused()) break;
    const auto wanted = usual ? std::nullopt : std::optional(way);
    HONE_TRY(const bool together, LearnTogether(trials, scenario, wanted));
    if (!usual && !together) continue;
    HONE_TRY(attempt, TryOnce(trials, index));
    if (together && !attempt.asked.wrong) SayTogether(scenario, dry);
  }
  HONE_TRY(auto own, TryOwnWhereRefused(trials, index, attempt));
  if (own) attempt = *std::move(own);
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
  if (!otherwise) {
    HONE_TRY(otherwise, TryOtherOwnValues(trials, scenario, attempt.some));
  }
  if (otherwise) return *std::move(otherwise);
  if (!attempt.asked.wrong && HasItems(scenario)) {
    HONE_CHECK_OK(TrySize(user, scenario, attempt.set, dry.learned.SizesOf(scenario).back(), dry.learned));
  }
  return attempt;
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
  constexpr int kTooMany = 429;
  const int status = answer ? answer->status : 0;
  if (status == kTooMany) {
    std::string reason = "a rate limiter answered with status 429";
    if (const std::string* after = answer ? net::FindHeader(*answer, "Retry-After") : nullptr) {
      if (const auto seconds = FirstNumber(*after)) reason += fmt::format(" (Retry-After: {})", *seconds);
    }
    return {endpoint, reason, "Raise or switch off the limit in the service's environment in hone.toml"};
  }
  if (status == kStatusUnauthorized) {
    return {endpoint, "status 401: the request is not authenticated",
            "Add a [[login]] step, or the header that the service wants, to hone.toml"};
  }
  if (status == kStatusForbidden) {
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
    LearnColumns(rig, scenario, finder, dry.learned, dry.caveats);
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
