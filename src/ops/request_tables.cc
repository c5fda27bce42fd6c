#include "ops/request_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/ascii.h"

namespace hone::ops {
namespace {

constexpr size_t kMostSamples = 20;
constexpr size_t kLongestAlias = 4;
constexpr std::array<std::string_view, 5> kRowMethods = {"GET", "POST", "PUT", "PATCH", "DELETE"};

std::string_view Trimmed(std::string_view text, std::string_view what = " \t\r") {
  const size_t begin = text.find_first_not_of(what);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(what) + 1 - begin);
}

// The cells of a row, at the bars that stand in no code.
std::vector<std::string_view> CellsOf(std::string_view row) {
  std::vector<std::string_view> cells;
  size_t begin = row.find('|') + 1;
  bool code = false;
  for (size_t at = begin; at < row.size(); ++at) {
    if (row[at] == '`') code = !code;
    if (row[at] != '|' || code) continue;
    cells.push_back(Trimmed(row.substr(begin, at - begin)));
    begin = at + 1;
  }
  return cells;
}

std::vector<std::string_view> CodeIn(std::string_view cell) {
  std::vector<std::string_view> spans;
  for (size_t open = cell.find('`'); open != cell.npos; open = cell.find('`', open)) {
    const size_t close = cell.find('`', open + 1);
    if (close == cell.npos) break;
    spans.push_back(Trimmed(cell.substr(open + 1, close - open - 1)));
    open = close + 1;
  }
  return spans;
}

// A path with all parameters written alike: "/boats/{}".
std::string ShapeOf(std::string_view path) {
  std::string shape;
  for (size_t at = 0; at < path.size();) {
    const bool brace = path[at] == '{' || path[at] == '<';
    if (!brace && !(path[at] == ':' && at > 0 && path[at - 1] == '/')) {
      shape += path[at++];
      continue;
    }
    shape += "{}";
    at = brace ? path.find(path[at] == '{' ? '}' : '>', at) : path.find('/', at);
    if (at == path.npos) break;
    if (brace) ++at;
  }
  return shape;
}

bool IsPathOf(std::string_view written, std::string_view path_template) {
  if (!written.starts_with('/')) return false;
  const std::string shape = ShapeOf(written.substr(0, written.find('?')));
  const std::string wanted = ShapeOf(path_template);
  return wanted.ends_with(shape) && IsPrefixOfApi(std::string_view(wanted).substr(0, wanted.size() - shape.size()));
}

std::vector<std::string> ParametersOf(std::string_view path_template) {
  std::vector<std::string> names;
  for (size_t open = path_template.find('{'); open != path_template.npos; open = path_template.find('{', open + 1))
    names.emplace_back(path_template.substr(open + 1, path_template.find('}', open) - open - 1));
  return names;
}

std::string Encoded(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const bool plain = base::IsAlphanumeric(c) || std::string_view("-._~:,@%").find(c) != std::string_view::npos;
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

// Whether it stands for itself, and is not one of several ("open|closed") or left out.
bool IsOne(std::string_view value) {
  return !value.empty() && !base::Contains(value, "|") && !base::Contains(value, "...") &&
         !base::Contains(value, "\u2026");
}

// "country=DEN&city=DEN Havn 1"; empty: it is no query.
Pairs QueryOf(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const size_t equals = pair.find('=');
    const auto is_name = [](char c) { return base::IsAlphanumeric(c) || c == '_' || c == '-' || c == '[' || c == ']'; };
    if (equals == pair.npos || equals == 0 || !std::ranges::all_of(pair.substr(0, equals), is_name)) return {};
    if (IsOne(pair.substr(equals + 1))) pairs.emplace_back(pair.substr(0, equals), Encoded(pair.substr(equals + 1)));
  }
  return pairs;
}

bool IsPathValue(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return base::IsAlphanumeric(c) || std::string_view("-._~:@,").find(c) != std::string_view::npos;
  });
}

// What the code of the cells behind the path shows.
std::vector<RequestExample> SamplesOf(const std::vector<std::string_view>& spans, bool body, bool query_wanted,
                                      const std::vector<std::string>& parameters) {
  RequestExample common;
  std::vector<std::string_view> values;
  for (const std::string_view span : spans) {
    if (span.starts_with('{')) {
      if (common.body.empty() && body && nlohmann::json::accept(span)) common.body = span;
    } else if (Pairs query = QueryOf(Trimmed(span, "?")); !query.empty()) {
      if (common.query.empty() && query_wanted) common.query = std::move(query);
    } else if (IsPathValue(span)) {
      values.push_back(span);
    }
  }
  std::vector<RequestExample> samples;
  for (size_t at = 0; !parameters.empty() && at + parameters.size() <= values.size(); at += parameters.size()) {
    RequestExample sample = common;
    for (size_t i = 0; i < parameters.size(); ++i) sample.path.emplace(parameters[i], values[at + i]);
    samples.push_back(std::move(sample));
  }
  if (samples.empty() && !(common.query.empty() && common.body.empty())) samples.push_back(std::move(common));
  return samples;
}

// A request that a cell names.
struct NamedRequest {
  std::string_view method = {};
  std::string_view path = {};
  std::string_view beside = {};  // the path that it may be short for a neighbour of
};

bool IsMethod(std::string_view word) { return std::ranges::find(kRowMethods, word) != kRowMethods.end(); }

// "P/rates/quote", where P stands for what all paths begin with, without it.
std::string_view WithoutAlias(std::string_view word) {
  const size_t slash = word.find('/');
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool alias = slash != word.npos && slash <= kLongestAlias &&
                     std::ranges::all_of(word.substr(0, slash), is_capital) && !IsMethod(word.substr(0, slash));
  return alias ? word.substr(slash) : word;
}

// The requests that a cell begins with: "`GET /boats`, `GET` `PATCH /boats/{id}`, `/boats/{id}/crew`". `methods` are
// those that were said last, in the cells before it too.
std::vector<NamedRequest> RequestsIn(std::string_view cell, std::vector<std::string_view>& methods) {
  constexpr std::string_view kBetween = " `*,;";
  constexpr std::array<std::string_view, 4> kWords = {"and", "or", "&", "/"};
  std::vector<NamedRequest> named;
  std::string_view beside;
  bool in_row = false;  // several methods before a path are all its own
  for (size_t begin = cell.find_first_not_of(kBetween); begin != cell.npos; begin = cell.find_first_not_of(kBetween)) {
    cell.remove_prefix(begin);
    const std::string_view word = cell.substr(0, cell.find_first_of(kBetween));
    cell.remove_prefix(word.size());
    const std::string_view path = WithoutAlias(word);
    if (IsMethod(word)) {
      if (!in_row) methods.clear();
      in_row = true;
      beside = {};
      methods.push_back(word);
    } else if (path.starts_with('/') && path.size() > 1) {
      in_row = false;
      for (const std::string_view method : methods) named.push_back({method, path, beside});
      if (path.find('/', 1) != path.npos) beside = path;
    } else if (std::ranges::find(kWords, word) == kWords.end()) {
      break;
    }
  }
  return named;
}

// Where a row is about a request: the cell behind the one with the path, and the methods of all requests that it is
// about.
struct Behind {
  size_t cell = 0;  // 0: it is about others
  std::set<std::string_view> methods = {};
};

Behind BehindPath(const std::vector<std::string_view>& cells, std::string_view method, std::string_view path_template) {
  const auto is_it = [&](const NamedRequest& request) {
    // "/alerts" behind "/rooms/{id}/status" is "/rooms/{id}/alerts".
    const std::string neighbour = std::string(request.beside.substr(0, request.beside.rfind('/')));
    return request.method == method &&
           (IsPathOf(request.path, path_template) ||
            (!neighbour.empty() && IsPathOf(neighbour + std::string(request.path), path_template)));
  };
  std::vector<std::string_view> methods;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::vector<NamedRequest> named = RequestsIn(cells[i], methods);
    if (named.empty()) continue;
    Behind behind{.cell = std::ranges::any_of(named, is_it) ? i + 1 : 0};
    for (const NamedRequest& request : named) behind.methods.insert(request.method);
    return behind;
  }
  return {};
}

// Of a row about several requests a body is that of those that write, of deletions only where nothing else does, and a
// query that of those that read.
bool HasBody(std::string_view method, const std::set<std::string_view>& methods) {
  const bool others = methods.contains("POST") || methods.contains("PUT") || methods.contains("PATCH");
  return method != "GET" && !(method == "DELETE" && others);
}
bool HasQuery(std::string_view method, const std::set<std::string_view>& methods) {
  return method == "GET" || !methods.contains("GET");
}

}  // namespace

bool IsPrefixOfApi(std::string_view prefix) {
  while (!prefix.empty()) {
    prefix.remove_prefix(1);
    const std::string_view element = prefix.substr(0, prefix.find('/'));
    const bool version = element.size() > 1 && element[0] == 'v' && base::IsDigit(element[1]);
    if (!version && element != "api" && element != "rest" && element != "public" && element != "internal") return false;
    prefix.remove_prefix(element.size());
  }
  return true;
}

std::vector<RequestExample> FindTableRequests(const std::vector<SourceText>& texts, std::string_view method,
                                              std::string_view path_template) {
  std::vector<RequestExample> found;
  const std::vector<std::string> parameters = ParametersOf(path_template);
  for (const SourceText& source : texts) {
    if (KindOf(source.file) != TextKind::document || !IsForEverybody(source.file)) continue;
    const std::string_view text = source.text;
    for (size_t begin = 0; begin < text.size() && found.size() < kMostSamples;) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view row = Trimmed(text.substr(begin, end - begin));
      if (row.starts_with('|')) {
        const std::vector<std::string_view> cells = CellsOf(row);
        const auto [behind, methods] = BehindPath(cells, method, path_template);
        std::vector<std::string_view> spans;
        for (size_t i = behind; behind > 0 && i < cells.size(); ++i) {
          for (const std::string_view span : CodeIn(cells[i])) spans.push_back(span);
        }
        for (RequestExample& sample :
             SamplesOf(spans, HasBody(method, methods), HasQuery(method, methods), parameters)) {
          sample.origin = OriginOf(source, begin);
          found.push_back(std::move(sample));
        }
      }
      begin = end + 1;
    }
  }
  return found;
}

}  // namespace hone::ops
