#include "ops/parameter_names.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace hone::ops {

using base::LowerCase;

std::string_view LastElement(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view WithoutLastElement(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

namespace {

// The only column that begins with a word of some length; empty: there is none, or there are several.
std::string OnlyBeginning(const std::string& word, const std::vector<std::string>& columns) {
  constexpr size_t kShortest = 3;
  std::string only;
  for (const std::string& column : columns) {
    const std::string lower = LowerCase(column);
    if (word.size() < kShortest || !lower.starts_with(word) || lower.ends_with("id")) continue;
    if (!only.empty()) return {};
    only = column;
  }
  return only;
}

// The only column that ends so: payment_ref; empty: there is none, or there are several.
std::string OnlyEnding(const std::string& end, const std::vector<std::string>& columns) {
  const auto ends = [&](const std::string& column) { return LowerCase(column).ends_with(end); };
  const auto found = std::ranges::find_if(columns, ends);
  return std::ranges::count_if(columns, ends) == 1 ? *found : std::string();
}

// "to_depot" and "targetDepotId" are a depot, and its id; empty: it says no direction.
std::string WithoutDirection(std::string_view name) {
  constexpr std::array<std::string_view, 8> kDirections = {"to",     "from",   "into",        "target",
                                                           "source", "origin", "destination", "dest"};
  for (const std::string_view direction : kDirections) {
    if (name.size() < direction.size() + 3 || LowerCase(name.substr(0, direction.size())) != direction) continue;
    const char next = name[direction.size()];
    if (next == '_') return std::string(name.substr(direction.size() + 1));
    if (next < 'A' || next > 'Z') continue;
    std::string rest(name.substr(direction.size()));
    rest[0] = static_cast<char>(next - 'A' + 'a');
    return rest;
  }
  return {};
}

}  // namespace

std::string NamedBehind(std::string_view word, std::string_view name, const std::vector<std::string>& columns) {
  std::string wanted = LowerCase(word);
  const bool by = wanted.starts_with("by-") || wanted.starts_with("by_");
  if (by) wanted.erase(0, 3);
  std::ranges::replace(wanted, '-', '_');
  const std::string parameter = LowerCase(name);
  if (wanted.empty() || parameter.ends_with("id")) return {};
  for (const std::string& exact : {parameter, wanted + "_" + parameter, wanted + parameter, wanted}) {
    const auto found = std::ranges::find(columns, exact, [](const std::string& each) { return LowerCase(each); });
    // A name alone is that of another thing, where the path says what it is the name of.
    if (found != columns.end() && !(by && exact == parameter && parameter != wanted)) return *found;
  }
  std::string only = OnlyBeginning(wanted, columns);
  if (only.empty()) only = OnlyBeginning(parameter, columns);
  return only.empty() ? OnlyEnding("_" + parameter, columns) : only;
}

std::string_view FirstElement(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

std::vector<std::string> Referents(std::string name, bool list, std::string_view path) {
  const bool plural = list && name.size() > 2 && name.ends_with('s');
  if (!plural && !LowerCase(name).ends_with("ids")) {
    const std::string thing = WithoutDirection(name);
    return thing.empty() ? std::vector{name} : std::vector{name, thing};
  }
  name.pop_back();
  if (LowerCase(name) != "id") return {name};
  // Plurals first: another word is seldom a thing ("/orders/lookup").
  std::vector<std::string> referents;
  std::vector<std::string> others;
  for (; !LastElement(path).empty(); path = WithoutLastElement(path)) {
    std::string element(LastElement(path));
    if (element.starts_with('{')) continue;
    std::ranges::replace(element, '-', '_');
    if (element.ends_with('s'))
      referents.push_back(element.substr(0, element.size() - 1) + "_id");
    else
      others.push_back(element + "_id");
  }
  referents.insert(referents.end(), others.begin(), others.end());
  return referents;
}

bool IsPlural(std::string_view plural, std::string_view singular) {
  const std::string one(singular);
  return !one.empty() && (plural == one + "s" || plural == one + "es" ||
                          (one.ends_with('y') && plural == one.substr(0, one.size() - 1) + "ies"));
}

PartOfThing PartNamed(std::string_view name) {
  constexpr std::array<std::string_view, 9> kParts = {"slug", "code",   "key",       "handle", "no",
                                                      "nr",   "number", "reference", "sku"};
  const std::string lower = LowerCase(name);
  for (const std::string_view part : kParts) {
    if (!lower.ends_with(part) || lower.size() < part.size() + 3) continue;
    const size_t at = name.size() - part.size();
    if (name[at - 1] == '_') return {lower.substr(0, at - 1), std::string(part)};
    if (name[at] >= 'A' && name[at] <= 'Z') return {lower.substr(0, at), std::string(part)};
  }
  return {};
}

std::string WithoutCase(std::string_view name) {
  std::string letters = LowerCase(name);
  std::erase(letters, '_');
  return letters;
}

bool IsPassword(std::string_view name) {
  constexpr std::array<std::string_view, 3> kWords = {"password", "passwd", "passphrase"};
  const std::string plain = WithoutCase(name);
  return plain == "pass" || plain == "pwd" ||
         std::ranges::any_of(kWords, [&](std::string_view word) { return base::Contains(plain, word); });
}

std::string WithoutId(std::string_view name) {
  const std::string lower = LowerCase(name);
  if (lower.ends_with("_id") && lower.size() > 3) return lower.substr(0, lower.size() - 3);
  const bool camel = name.ends_with("Id") || name.ends_with("ID");
  return camel && lower.size() > 2 ? lower.substr(0, lower.size() - 2) : std::string();
}

}  // namespace hone::ops
