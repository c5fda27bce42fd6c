#include "project/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <set>

#include "net/http_response.h"
#include "net/url.h"
#include "project/day_after.h"

namespace hone::project {
namespace {

using base::Code;
using base::Fail;
using Json = nlohmann::json;

std::string PercentEncodeValue(std::string_view value, std::string_view) { return net::PercentEncode(value); }

// Whether a JSON text that begins with `text` is within a string at its end.
bool InJsonString(std::string_view text) {
  bool inside = false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (inside && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      inside = !inside;
    }
  }
  return inside;
}

std::string JsonEncode(std::string_view value, std::string_view before) {
  if (!InJsonString(before)) return std::string(value);
  const std::string quoted = Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

enum class BodyKind { kJson, kForm, kPlain };

BodyKind KindOf(const Template& body, const std::string* content_type) {
  if (content_type != nullptr && content_type->find("x-www-form-urlencoded") != std::string::npos)
    return BodyKind::kForm;
  const size_t first = body.source().find_first_not_of(" \t\r\n");
  const bool looks = first != std::string::npos && (body.source()[first] == '{' || body.source()[first] == '[');
  if (content_type == nullptr) return looks ? BodyKind::kJson : BodyKind::kPlain;
  return content_type->find("json") != std::string::npos ? BodyKind::kJson : BodyKind::kPlain;
}

const std::string* FindField(const net::HttpRequest& request, std::string_view name) {
  const auto found = std::ranges::find_if(
      request.headers, [&](const auto& header) { return net::EqualsIgnoringCase(header.first, name); });
  return found == request.headers.end() ? nullptr : &found->second;
}

base::Result<net::HttpRequest> Build(std::string_view method, const Template& path, const Template& body,
                                     const Headers& headers, const Template::Lookup& lookup,
                                     const std::string& base_path) {
  net::HttpRequest request;
  request.method = method;
  HONE_TRY(const std::string target, path.Expand(lookup, PercentEncodeValue));
  request.target = base_path + target;
  for (const auto& [name, value] : headers) {
    HONE_TRY(std::string text, value.Expand(lookup));
    request.headers.emplace_back(name, std::move(text));
  }
  if (body.empty()) return request;
  const std::string* content_type = FindField(request, "content-type");
  HONE_TRY(FilledBody filled, FillBody(body, content_type, lookup));
  request.body = std::move(filled.bytes);
  if (filled.json && content_type == nullptr) request.headers.emplace_back("Content-Type", "application/json");
  return request;
}

// A finite generator of numbers, the same everywhere (splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom
// number generators", 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // 0 to count - 1.
  uint64_t Below(uint64_t count) { return Next() % count; }

 private:
  uint64_t state_;
};

// "day", or "day as YYYY-MM plus 7 days", or "id within orgs.slug = north".
std::string ColumnKey(const OfColumn& of) {
  std::string key = of.column + (of.as.empty() ? "" : " as " + of.as) + (of.plus.empty() ? "" : " plus " + of.plus);
  if (of.within) key += " within " + of.within->table + "." + of.within->column + " = " + of.within->value;
  return key;
}

// Under which values are kept for a variable that gets them during the run.
std::pair<size_t, std::string> KeyOf(const Variable& variable) {
  if (const auto* from = std::get_if<FromAnswer>(&variable.values)) return {from->scenario, from->pointer};
  const auto& of = std::get<OfColumn>(variable.values);
  return {SIZE_MAX, of.table + "." + ColumnKey(of)};
}

// Likewise for the i-th of those that are read together: "huts(id,region).id".
std::string KeyOfRows(const std::vector<const Variable*>& together, size_t i) {
  const auto column = [](const Variable* variable) { return ColumnKey(std::get<OfColumn>(variable->values)); };
  std::string key = std::get<OfColumn>(together.front()->values).table + "(";
  for (const Variable* variable : together) key += column(variable) + ",";
  return key + ")." + column(together[i]);
}

// The values that a variable may take; or several that belong together, columns of the same rows.
class ValuePool {
 public:
  ValuePool(const Variable& variable, const std::vector<std::string>* texts) : members_{{variable.name, texts}} {
    if (const auto* range = std::get_if<Range>(&variable.values)) {
      first_ = range->first;
      const uint64_t width = static_cast<uint64_t>(range->last) - static_cast<uint64_t>(range->first);
      count_ = width == UINT64_MAX ? width : width + 1;
    } else {
      count_ = texts->size();
    }
  }
  // As many texts as the others have.
  void Add(const std::string& name, const std::vector<std::string>* texts) { members_.emplace_back(name, texts); }

  const std::string& name() const { return members_.front().first; }
  uint64_t count() const { return count_; }
  void Put(uint64_t index, Assignment& assignment) const {
    for (const auto& [name, texts] : members_) assignment[name] = At(index, texts);
  }
  // The value that comes `steps` after `value`, which is one of the first variable's, all around.
  std::string After(const std::string& value, uint64_t steps) const {
    const std::vector<std::string>* texts = members_.front().second;
    uint64_t index = 0;
    if (texts != nullptr) {
      index = static_cast<uint64_t>(std::ranges::find(*texts, value) - texts->begin());
    } else {
      int64_t number = 0;
      std::from_chars(value.data(), value.data() + value.size(), number);
      index = static_cast<uint64_t>(number) - static_cast<uint64_t>(first_);
    }
    steps %= count_;
    return At(index < count_ - steps ? index + steps : index - (count_ - steps), texts);
  }

 private:
  std::string At(uint64_t index, const std::vector<std::string>* texts) const {
    if (texts != nullptr) return (*texts)[index];
    return std::to_string(static_cast<int64_t>(static_cast<uint64_t>(first_) + index));
  }

  std::vector<std::pair<std::string, const std::vector<std::string>*>> members_;
  int64_t first_ = 0;
  uint64_t count_ = 0;
};

// A pool for each variable but the size, and one for those whose columns are read together.
base::Result<std::vector<ValuePool>> Pools(const Scenario& scenario, const Learned& learned) {
  std::vector<ValuePool> pools;
  std::set<std::string> taken;
  for (const Learned::Group& group : learned.Groups(scenario)) {
    pools.emplace_back(*std::ranges::find(scenario.vars, group.names.front(), &Variable::name), &group.columns.front());
    for (size_t i = 1; i < group.names.size(); ++i) pools.back().Add(group.names[i], &group.columns[i]);
    taken.insert(group.names.begin(), group.names.end());
  }
  for (const std::vector<const Variable*>& together : ColumnsTogether(scenario)) {
    const auto is_taken = [&](const Variable* variable) { return taken.contains(variable->name); };
    if (learned.FindOfRows(together, 0) == nullptr || std::ranges::any_of(together, is_taken)) continue;
    pools.emplace_back(*together.front(), learned.FindOfRows(together, 0));
    for (size_t i = 1; i < together.size(); ++i) pools.back().Add(together[i]->name, learned.FindOfRows(together, i));
    for (const Variable* variable : together) taken.insert(variable->name);
  }
  for (const Variable& variable : scenario.vars) {
    if (taken.contains(variable.name)) continue;
    const std::vector<std::string>* texts = nullptr;
    if (FollowsSize(variable)) continue;
    if (const auto* list = std::get_if<List>(&variable.values)) texts = &list->values;
    if (IsLearned(variable)) {
      texts = learned.Find(variable);
      if (texts == nullptr) texts = learned.MadeUp(scenario, variable);
      if (texts == nullptr) {
        const auto* from = std::get_if<FromAnswer>(&variable.values);
        const std::string why = from != nullptr ? "no answer had any at " + from->pointer : "the database has none";
        return Fail(Code::kNotEnough, fmt::format("Variable `{}` has no values: {}", variable.name, why),
                    scenario.name);
      }
    }
    pools.emplace_back(variable, texts);
  }
  return pools;
}

// The product of the pools' sizes, or `limit` where it is more.
uint64_t Combinations(const std::vector<ValuePool>& pools, uint64_t limit) {
  uint64_t product = 1;
  for (const ValuePool& pool : pools) {
    if (pool.count() >= limit || product * pool.count() >= limit) return limit;
    product *= pool.count();
  }
  return product;
}

// All combinations; there must be few.
std::vector<Assignment> Enumerate(const std::vector<ValuePool>& pools) {
  std::vector<Assignment> all = {{}};
  for (const ValuePool& pool : pools) {
    std::vector<Assignment> next;
    for (const Assignment& assignment : all) {
      for (uint64_t i = 0; i < pool.count(); ++i) {
        next.push_back(assignment);
        pool.Put(i, next.back());
      }
    }
    all = std::move(next);
  }
  return all;
}

void Append(std::vector<Assignment>& assignments, Assignment assignment) {
  if (std::ranges::find(assignments, assignment) == assignments.end()) assignments.push_back(std::move(assignment));
}

// whole * part / parts without overflow, for small parts.
uint64_t Share(uint64_t whole, uint64_t part, uint64_t parts) {
  return whole / parts * part + whole % parts * part / parts;
}

// `count` different combinations at most, each pool cut into `count` parts of which each gives one value (a Latin
// hypercube), so that a few draws span the whole width.
std::vector<Assignment> Spread(const std::vector<ValuePool>& pools, uint64_t seed, size_t count) {
  if (Combinations(pools, count + 1) <= count) return Enumerate(pools);
  Random random(seed);
  std::vector<Assignment> drawn(count);
  for (const ValuePool& pool : pools) {
    std::vector<uint64_t> parts(count);
    for (size_t i = 0; i < count; ++i) parts[i] = i;
    for (size_t i = count; i > 1; --i) std::swap(parts[i - 1], parts[random.Below(i)]);
    for (size_t i = 0; i < count; ++i) {
      const uint64_t begin = Share(pool.count(), parts[i], count);
      const uint64_t end = Share(pool.count(), parts[i] + 1, count);
      pool.Put(begin + (end > begin ? random.Below(end - begin) : 0), drawn[i]);
    }
  }
  std::vector<Assignment> different;
  for (Assignment& assignment : drawn) Append(different, std::move(assignment));
  return different;
}

// Where an assignment holds the value of variable `name` in item `i`, from 1.
std::string NameInItem(std::string_view name, int64_t i) {
  return i == 1 ? std::string(name) : fmt::format("{}#{}", name, i);
}

// Gives each variable that stands in an item a value for each of the items: those that follow the drawn one.
void AddItemValues(const Sizes& sizes, const std::vector<ValuePool>& pools, int64_t items, Assignment& assignment) {
  for (const ValuePool& pool : pools) {
    if (!sizes.items.Uses(pool.name())) continue;
    const std::string first = assignment.at(pool.name());
    for (int64_t i = 2; i <= items; ++i)
      assignment[NameInItem(pool.name(), i)] = pool.After(first, static_cast<uint64_t>(i - 1));
  }
}

// The size, and all that follows from it.
void PutSize(const Scenario& scenario, const Variable& size, const std::vector<ValuePool>& pools, int64_t value,
             Assignment& assignment) {
  AddItemValues(std::get<Sizes>(size.values), pools, value, assignment);
  assignment[size.name] = std::to_string(value);
  for (const Variable& variable : scenario.vars) {
    const auto* after = std::get_if<DaysAfter>(&variable.values);
    if (after != nullptr) assignment[variable.name] = DayAfter(assignment.at(after->of), value);
  }
}

// Whether so many items have the same value twice.
bool RepeatsItems(const Sizes& sizes, const std::vector<ValuePool>& pools, int64_t items) {
  return std::ranges::any_of(pools, [&](const ValuePool& pool) {
    return sizes.items.Uses(pool.name()) && pool.count() < static_cast<uint64_t>(items);
  });
}

// `rand` of a request: a whole number that JSON readers keep exactly.
uint64_t RandomNumber(uint64_t seed, uint64_t sequence) {
  return Random(seed ^ (sequence * 0xd1342543de82ef95u)).Next() >> 11;
}

Template::Lookup LookupIn(const Assignment& assignment, const RequestContext& context) {
  return [&](std::string_view name) -> std::optional<std::string> {
    if (const auto found = assignment.find(name); found != assignment.end()) return found->second;
    return Find(context.values, name);
  };
}

}  // namespace

base::Result<void> Learned::Learn(const Project& project, size_t index, const net::HttpAnswer& answer) {
  base::Result<void> result;
  for (const Scenario& scenario : project.scenarios) {
    for (const Variable& variable : scenario.vars) {
      const auto* from = std::get_if<FromAnswer>(&variable.values);
      if (from == nullptr || from->scenario != index) continue;
      auto values = ValuesAt(answer, from->pointer);
      if (!values) {
        const std::string what =
            fmt::format("Variable `{}` of `{}` gets no values: {}", variable.name, scenario.name, values.error().what);
        if (result) result = Fail(values.error().code, what, project.scenarios[index].name);
        continue;
      }
      auto& known = values_[{index, from->pointer}];
      for (std::string& value : *values) {
        if (known.size() < kMostValues && std::ranges::find(known, value) == known.end())
          known.push_back(std::move(value));
      }
    }
  }
  return result;
}

void Learned::Keep(const Variable& variable, std::vector<std::string> values) {
  if (!values.empty()) values_[KeyOf(variable)] = std::move(values);
}

const std::vector<std::string>* Learned::Find(const Variable& variable) const {
  const auto [scenario, place] = KeyOf(variable);
  return Find(scenario, place);
}

const std::vector<std::string>* Learned::Find(size_t scenario, std::string_view pointer) const {
  const auto found = values_.find(std::pair(scenario, std::string(pointer)));
  return found == values_.end() ? nullptr : &found->second;
}

void Learned::KeepRows(const std::vector<const Variable*>& together, std::vector<std::vector<std::string>> columns) {
  for (size_t i = 0; i < together.size() && i < columns.size(); ++i) {
    if (!columns[i].empty()) values_[{SIZE_MAX, KeyOfRows(together, i)}] = std::move(columns[i]);
  }
}

const std::vector<std::string>* Learned::FindOfRows(const std::vector<const Variable*>& together, size_t i) const {
  return Find(SIZE_MAX, KeyOfRows(together, i));
}

const std::vector<Learned::Group>& Learned::Groups(const Scenario& scenario) const {
  static const std::vector<Group> kNone;
  const auto found = groups_.find(scenario.name);
  return found == groups_.end() ? kNone : found->second;
}

std::vector<Assignment> Learned::Sets(const Scenario& scenario) const {
  const auto found = sets_.find(scenario.name);
  return found == sets_.end() ? std::vector<Assignment>() : found->second;
}

std::vector<std::vector<const Variable*>> ColumnsTogether(const Scenario& scenario) {
  std::vector<std::vector<const Variable*>> groups;
  if (scenario.writes) return groups;  // it may be about what the row has not yet
  for (const Variable& variable : scenario.vars) {
    const auto* of = std::get_if<OfColumn>(&variable.values);
    if (of == nullptr || StandsInItems(scenario, variable.name)) continue;
    const auto group = std::ranges::find_if(groups, [&](const std::vector<const Variable*>& each) {
      const auto& first = std::get<OfColumn>(each.front()->values);
      return first.table == of->table && first.within == of->within;
    });
    if (group == groups.end()) {
      groups.push_back({&variable});
    } else if (std::ranges::none_of(*group, [&](const Variable* each) { return KeyOf(*each) == KeyOf(variable); })) {
      // Two of the same column are two rows'.
      group->push_back(&variable);
    }
  }
  std::erase_if(groups, [](const auto& group) { return group.size() < 2; });
  return groups;
}

bool IsLearned(const Variable& variable) {
  return std::holds_alternative<FromAnswer>(variable.values) || std::holds_alternative<OfColumn>(variable.values);
}

bool FollowsSize(const Variable& variable) {
  return std::holds_alternative<Sizes>(variable.values) || std::holds_alternative<DaysAfter>(variable.values);
}

bool StandsInItems(const Scenario& scenario, std::string_view name) {
  const Variable* const size = scenario.SizeVariable();
  return size != nullptr && std::get<Sizes>(size->values).items.Uses(name);
}

bool StandsInPath(const Scenario& scenario, std::string_view name) {
  for (const Template::Part& part : scenario.path.parts()) {
    if (part.is_name && part.text == name) return true;
    if (!part.is_name && part.text.contains('?')) return false;
  }
  return false;
}

Assignment WithoutSize(const Scenario& scenario, const Assignment& assignment) {
  Assignment rest;
  for (const Variable& variable : scenario.vars) {
    if (!FollowsSize(variable)) rest[variable.name] = assignment.at(variable.name);
  }
  return rest;
}

void Learned::KeepItemsApart(const Scenario& scenario, bool apart) {
  if (apart) {
    apart_.insert(scenario.name);
  } else {
    apart_.erase(scenario.name);
  }
}

void Learned::KeepSizes(const Scenario& scenario, int64_t smallest, int64_t largest) {
  sizes_[scenario.name] = {smallest, largest};
}

std::vector<int64_t> Learned::SizesOf(const Scenario& scenario) const {
  const Variable* const size = scenario.SizeVariable();
  if (size == nullptr) return {};
  std::vector<int64_t> sizes = std::get<Sizes>(size->values).values;
  if (const auto kept = sizes_.find(scenario.name); kept != sizes_.end())
    std::erase_if(sizes, [&](int64_t each) { return each < kept->second.first || each > kept->second.second; });
  return sizes;
}

int64_t UsualSize(const Scenario& scenario, const std::vector<int64_t>& sizes) {
  const Variable* const size = scenario.SizeVariable();
  if (size == nullptr) return 0;
  const int64_t usual = std::get<Sizes>(size->values).load;
  if (sizes.empty() || std::ranges::find(sizes, usual) != sizes.end()) return usual;
  const auto larger = std::ranges::upper_bound(sizes, usual);
  return larger == sizes.begin() ? sizes.front() : *std::prev(larger);
}

size_t FewestLearned(const Project& project, size_t index, const Learned& learned) {
  size_t fewest = Learned::kMostValues;
  for (const Scenario& scenario : project.scenarios) {
    for (const Variable& variable : scenario.vars) {
      const auto* from = std::get_if<FromAnswer>(&variable.values);
      if (from == nullptr || from->scenario != index) continue;
      const std::vector<std::string>* values = learned.Find(variable);
      fewest = std::min(fewest, values == nullptr ? 0 : values->size());
    }
  }
  return fewest;
}

bool IsSource(const Project& project, size_t index) {
  return std::ranges::any_of(project.scenarios, [&](const Scenario& scenario) {
    return std::ranges::any_of(scenario.vars, [&](const Variable& variable) {
      const auto* from = std::get_if<FromAnswer>(&variable.values);
      return from != nullptr && from->scenario == index;
    });
  });
}

base::Result<std::vector<Assignment>> QuietAssignments(const Scenario& scenario, const Learned& learned, uint64_t seed,
                                                       const QuietOptions& options) {
  HONE_TRY(const std::vector<ValuePool> pools, Pools(scenario, learned));
  const Variable* size = scenario.SizeVariable();
  std::vector<Assignment> others = Spread(pools, seed, size == nullptr ? options.different : options.per_size);
  for (Assignment& set : learned.Sets(scenario)) Append(others, std::move(set));
  if (size == nullptr) return others;
  std::vector<Assignment> assignments;
  const auto& sizes = std::get<Sizes>(size->values);
  for (const int64_t value : learned.SizesOf(scenario)) {
    if (!assignments.empty() && learned.KeepsItemsApart(scenario) && RepeatsItems(sizes, pools, value)) break;
    for (Assignment assignment : others) {
      PutSize(scenario, *size, pools, value, assignment);
      assignments.push_back(std::move(assignment));
    }
  }
  return assignments;
}

base::Result<std::vector<Assignment>> LoadAssignments(const Scenario& scenario, const Learned& learned, uint64_t seed,
                                                      size_t count) {
  HONE_TRY(const std::vector<ValuePool> pools, Pools(scenario, learned));
  std::vector<Assignment> assignments = Spread(pools, seed, count);
  const Variable* size = scenario.SizeVariable();
  for (Assignment& assignment : assignments) {
    if (size == nullptr) break;
    const auto& sizes = std::get<Sizes>(size->values);
    const std::vector<int64_t> asked = learned.SizesOf(scenario);
    int64_t load = UsualSize(scenario, asked);
    for (const int64_t smaller : asked | std::views::reverse) {
      if (!learned.KeepsItemsApart(scenario) || !RepeatsItems(sizes, pools, load)) break;
      load = std::min(load, smaller);
    }
    PutSize(scenario, *size, pools, load, assignment);
  }
  return assignments;
}

bool IsUnique(const Scenario& scenario) {
  const auto unique = [](const Template& text) { return text.Uses("seq") || text.Uses("rand"); };
  const Variable* size = scenario.SizeVariable();
  if (size != nullptr && unique(std::get<Sizes>(size->values).items)) return true;
  return unique(scenario.path) || unique(scenario.body) ||
         std::ranges::any_of(scenario.headers, [&](const auto& header) { return unique(header.second); });
}

namespace {

// Stands between items until the request is built: what is between them is not encoded, as they are. No text of a
// request has it otherwise.
constexpr char kBetweenItems = '\x1f';
constexpr std::string_view kEncodedBetween = "%1F";

std::string Joined(std::string text, std::string_view between, const std::string& join) {
  for (size_t at = text.find(between); at != std::string::npos; at = text.find(between, at + join.size()))
    text.replace(at, between.size(), join);
  return text;
}

// ${n.items} of the variable with sizes; empty: it has none, or the name is another.
std::optional<std::string> ItemsOf(const Scenario& scenario, const Assignment& assignment, std::string_view name,
                                   const Template::Lookup& numbers) {
  const Variable* size = scenario.SizeVariable();
  if (size == nullptr || name != size->name + ".items") return std::nullopt;
  const Template& item = std::get<Sizes>(size->values).items;
  int64_t count = 0;
  const auto assigned = assignment.find(size->name);
  if (item.empty() || assigned == assignment.end()) return std::nullopt;
  std::from_chars(assigned->second.data(), assigned->second.data() + assigned->second.size(), count);
  std::string items;
  for (int64_t i = 1; i <= count; ++i) {
    const auto lookup = [&](std::string_view wanted) -> std::optional<std::string> {
      if (wanted == "i") return std::to_string(i);
      if (const auto found = assignment.find(NameInItem(wanted, i)); found != assignment.end()) return found->second;
      return numbers(wanted);
    };
    const auto text = item.Expand(lookup, JsonEncode);
    if (!text) return std::nullopt;
    if (i > 1) items += kBetweenItems;
    items += *text;
  }
  return items;
}

}  // namespace

base::Result<net::HttpRequest> BuildRequest(const Scenario& scenario, const Assignment& assignment,
                                            const RequestContext& context, uint64_t sequence) {
  const auto known = LookupIn(assignment, context);
  const auto numbers = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "seq") return std::to_string(sequence);
    if (name == "rand") return std::to_string(RandomNumber(context.seed, sequence));
    return std::nullopt;
  };
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (auto number = numbers(name)) return number;
    if (auto items = ItemsOf(scenario, assignment, name, numbers)) return items;
    return known(name);
  };
  HONE_TRY(net::HttpRequest request,
           Build(scenario.method, scenario.path, scenario.body, scenario.headers, lookup, context.base_path));
  if (const Variable* size = scenario.SizeVariable()) {
    const std::string& join = std::get<Sizes>(size->values).join;
    const std::string items = size->name + ".items";
    const std::string_view plain(&kBetweenItems, 1);
    if (scenario.path.Uses(items)) request.target = Joined(std::move(request.target), kEncodedBetween, join);
    if (scenario.body.Uses(items))
      request.body = Joined(Joined(std::move(request.body), plain, join), kEncodedBetween, join);
    for (auto& [name, value] : request.headers) value = Joined(std::move(value), plain, join);
  }
  return request;
}

base::Result<FilledBody> FillBody(const Template& body, const std::string* content_type,
                                  const Template::Lookup& lookup) {
  const BodyKind kind = KindOf(body, content_type);
  Template::Encode encode;
  if (kind == BodyKind::kJson) encode = JsonEncode;
  if (kind == BodyKind::kForm) encode = PercentEncodeValue;
  HONE_TRY(std::string bytes, body.Expand(lookup, encode));
  return FilledBody{.bytes = std::move(bytes), .json = kind == BodyKind::kJson};
}

base::Result<net::HttpRequest> BuildStep(const Step& step, const RequestContext& context) {
  const Assignment none;
  return Build(step.method, step.path, step.body, step.headers, LookupIn(none, context), context.base_path);
}

base::Result<net::HttpRequest> BuildLogin(const Login& login, const RequestContext& context) {
  const Assignment none;
  return Build(login.method, login.path, login.body, login.headers, LookupIn(none, context), context.base_path);
}

}  // namespace hone::project
