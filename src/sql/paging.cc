#include "sql/paging.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "sql/analysis.h"
#include "sql/select_text.h"
#include "sql/value.h"

namespace hone::sql {
namespace {

// What stands behind LIMIT or OFFSET.
struct Bound {
  size_t parameter = 0;  // from 1 on; 0: it is a number in the text
  size_t at = 0;         // of the number
  size_t length = 0;
};

std::optional<Bound> BoundOf(const SelectText& select, const char* name) {
  if (!select.tree().contains(name)) return std::nullopt;
  const nlohmann::json* node = &select.tree()[name];
  // A driver's cast: $2::int.
  if (node->contains("TypeCast") && (*node)["TypeCast"].contains("arg")) node = &(*node)["TypeCast"]["arg"];
  if (node->contains("ParamRef")) return Bound{.parameter = (*node)["ParamRef"].value("number", size_t{0})};
  if (!node->contains("A_Const") || !(*node)["A_Const"].contains("ival")) return std::nullopt;
  const size_t at = LocationIn((*node)["A_Const"]);
  const auto token = std::ranges::find(select.tokens(), at, [&](const Token& each) { return select.At(each); });
  if (token == select.tokens().end() || token->kind != TokenKind::kLiteral) return std::nullopt;
  return Bound{.parameter = 0, .at = at, .length = token->text.size()};
}

std::optional<int64_t> NumberOf(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The statement with `value` (empty: NULL) as a bound.
StatementSample Changed(const StatementSample& sample, const Bound& bound, const std::optional<std::string>& value) {
  StatementSample changed = sample;
  if (bound.parameter == 0) {
    EditedText edited(sample.text);
    edited.Replace(bound.at, bound.length, value.value_or("NULL"));
    changed.text = edited.Text();
  } else if (sample.bind && bound.parameter <= sample.bind->values.size()) {
    RecordedBind bind = *sample.bind;
    std::vector<int16_t> formats;
    for (size_t i = 0; i < bind.values.size(); ++i) formats.push_back(FormatOf(bind.formats, i));
    formats[bound.parameter - 1] = 0;
    bind.formats = std::move(formats);
    bind.values[bound.parameter - 1] = value;
    changed.bind = std::make_shared<const RecordedBind>(std::move(bind));
  }
  return changed;
}

std::optional<Bound> FindBound(const StatementSample& sample, const char* name) {
  const auto select = SelectText::Parse(sample.text);
  return select ? BoundOf(*select, name) : std::nullopt;
}

// The OFFSET of a statement that was parsed.
std::optional<int64_t> OffsetIn(const SelectText& select, const StatementSample& sample) {
  const auto bound = BoundOf(select, "limitOffset");
  if (!bound) return std::nullopt;
  if (bound->parameter == 0) return NumberOf(std::string_view(sample.text).substr(bound->at, bound->length));
  const size_t index = bound->parameter - 1;
  if (!sample.bind || index >= sample.bind->values.size() || !sample.bind->values[index]) return std::nullopt;
  // An integer's binary form has four or eight bytes, whatever the driver says of its type.
  constexpr uint32_t kInt4 = 23;
  constexpr uint32_t kInt8 = 20;
  const std::string& bytes = *sample.bind->values[index];
  const int16_t format = FormatOf(sample.bind->formats, index);
  return NumberOf(Canonical(bytes.size() == sizeof(int32_t) ? kInt4 : kInt8, format, bytes).canonical);
}

}  // namespace

std::optional<int64_t> OffsetOf(const StatementSample& sample) {
  const auto select = SelectText::Parse(sample.text);
  return select ? OffsetIn(*select, sample) : std::nullopt;
}

StatementSample WithOffset(const StatementSample& sample, int64_t offset) {
  const auto bound = FindBound(sample, "limitOffset");
  return bound ? Changed(sample, *bound, std::to_string(offset)) : sample;
}

StatementSample CountOfPages(const StatementSample& sample) {
  StatementSample all = WithOffset(sample, 0);
  if (const auto limit = FindBound(all, "limitCount")) all = Changed(all, *limit, std::nullopt);
  // The end of a line ends a comment.
  all.text = "SELECT count(*) FROM (" + all.text + "\n) AS pages";
  return all;
}

std::optional<Page> FindPage(const Recording& recording, const Exchange& exchange) {
  const std::vector<const RecordedStatement*> recorded = InOrder(recording);
  const std::vector<size_t> typical = WarmRequests(exchange, TypicalSize(exchange));
  std::optional<Page> first;
  for (size_t i = std::min(exchange.statements.size(), recorded.size()); i-- > 0;) {
    const Statement& statement = exchange.statements[i];
    const bool whole = statement.request != kNoRequest && !statement.background && statement.executed &&
                       !statement.fetch && statement.sqlstate.empty() && statement.rows > 0;
    if (!whole || exchange.queries[statement.query].query_class != QueryClass::kRead) continue;
    const auto request = static_cast<size_t>(statement.request);
    if (std::ranges::find(typical, request) == typical.end()) continue;
    auto sample = AsSent(recording, *recorded[i]);
    if (!sample) continue;
    const auto select = SelectText::Parse(sample->text);
    const auto offset = select ? OffsetIn(*select, *sample) : std::nullopt;
    const bool may_be_first = select && !BoundOf(*select, "limitOffset") && BoundOf(*select, "limitCount");
    sample->query = statement.query;
    if (offset) return Page{request, *std::move(sample), *offset, statement.rows};
    if (may_be_first && (!first || statement.rows > first->rows))
      first = Page{request, *std::move(sample), 0, statement.rows};
  }
  return first;
}

}  // namespace hone::sql
