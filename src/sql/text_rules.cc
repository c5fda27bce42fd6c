// sql.simple_protocol, sql.in_list_texts and sql.statement_cache_thrash: what statements' texts do to the work of
// parsing, planning and preparing.
#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "sql/analysis.h"
#include "sql/fingerprint.h"
#include "sql/lexer.h"
#include "sql/mapped_texts.h"
#include "sql/remedies.h"
#include "sql/rule_context.h"
#include "sql/texts.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

using evidence::FindingDraft;
using evidence::Severity;

void AddTimeInDatabase(const RuleContext& context, uint32_t query, FindingDraft& draft) {
  draft.ceiling = draft.support.size();
  draft.support.push_back(context.Spec("sql.db_time", "ns", query, context.AtTypicalSize()));
}

FindingDraft SimpleProtocol(const RuleContext& context, uint32_t query) {
  FindingDraft draft = context.Draft("sql.simple_protocol", Severity::kMedium, query);
  draft.title =
      "Sent as text with its values in it: {m0} different texts of one statement, each parsed and planned anew";
  draft.support = {context.Spec("sql.literal_texts", "count", query)};
  AddTimeInDatabase(context, query, draft);
  draft.ceiling_basis = "the statement's time in the database, of which parsing and planning are a part";
  draft.remedy = ParameterRemedy(context.LibraryOf(query));
  return draft;
}

// The same of one text: the sources show that its literals are values.
FindingDraft Interpolated(const RuleContext& context, uint32_t query) {
  FindingDraft draft = SimpleProtocol(context, query);
  draft.title =
      "Written with parameters, but sent as text with their values in it, parsed and planned anew each time (texts "
      "seen: {m0})";
  return draft;
}

// The values stand in the text although the protocol has parameters. Texts that are prepared by a name fill the
// driver's cache, each for a single use.
FindingDraft LiteralTexts(const RuleContext& context, uint32_t query) {
  const bool named = IsSentPrepared(context.exchange(), query);
  FindingDraft draft =
      context.Draft(named ? "sql.statement_cache_thrash" : "sql.simple_protocol", Severity::kMedium, query);
  draft.title = named ? "Values stand in its text: {m0} different texts of one statement, each prepared and kept for "
                        "itself, so that others are thrown away"
                      : "Sent as text with its values in it: {m0} different texts of one statement, each parsed and "
                        "planned anew";
  draft.support = {context.Spec("sql.literal_texts", "count", query, {}, "sql.literal_texts@2")};
  AddTimeInDatabase(context, query, draft);
  draft.ceiling_basis = "the statement's time in the database, of which parsing and planning are a part";
  draft.remedy = "Use parameters (`$1`) instead of values in the text: one text is prepared once on each connection";
  return draft;
}

// The same of fewer texts: the sources put values of the requests into them.
FindingDraft BuiltTexts(const RuleContext& context, uint32_t query) {
  FindingDraft draft = LiteralTexts(context, query);
  const bool named = IsSentPrepared(context.exchange(), query);
  draft.title = std::string("Put together with values of the request (texts seen: {m0}): with others it is another ") +
                (named ? "statement, prepared and kept for itself" : "text, parsed and planned anew");
  return draft;
}

// What changes with each request stands in a comment: as for literals, each text is prepared for a single use.
FindingDraft CommentedTexts(const RuleContext& context, uint32_t query) {
  FindingDraft draft = context.Draft("sql.statement_cache_thrash", Severity::kMedium, query);
  draft.title =
      "A comment in its text is another one each time: {m0} different texts of one statement, each prepared and kept "
      "for "
      "itself, so that others are thrown away";
  draft.support = {context.Spec("sql.comment_texts", "count", query, {}, "sql.comment_texts@2")};
  AddTimeInDatabase(context, query, draft);
  draft.ceiling_basis = "the statement's time in the database, of which parsing and planning are a part";
  draft.remedy =
      "Leave out of the comment what each request has another of (its id, its trace), or send this statement without a "
      "name (pgx: `QueryExecModeExec` or `QueryExecModeCacheDescribe`)";
  return draft;
}

FindingDraft InListTexts(const RuleContext& context, uint32_t query) {
  FindingDraft draft = context.Draft("sql.in_list_texts", Severity::kMedium, query);
  draft.title =
      "Its text changes with the length of a list: {m0} lengths seen, each a statement that is prepared, "
      "planned and kept for itself";
  draft.support = {context.Spec("sql.list_lengths", "count", query)};
  AddTimeInDatabase(context, query, draft);
  draft.ceiling_basis = "the statement's time in the database, of which parsing and planning are a part";
  draft.remedy = "Pass the list as one array parameter: `= ANY($1)` has one text for any length";
  return draft;
}

bool HoldsRowCounts(std::string_view text) {
  return std::ranges::any_of(Tokenize(text), [](const Token& token) {
    return SameWord(token.text, "limit") || SameWord(token.text, "offset");
  });
}

// Whether as many values stand in its texts as it has row counts: mappers and builders write LIMIT and OFFSET as
// numbers, as they do lists, of their own accord, and have no other form to be asked for.
bool HoldsRowCountsOnly(const Exchange& exchange, uint32_t query) {
  const std::vector<Token> tokens = Tokenize(exchange.queries[query].text);
  int64_t row_counts = 0;
  std::set<std::string_view> places;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::kParameter) continue;
    places.insert(tokens[i].text);
    row_counts += i > 0 && (SameWord(tokens[i - 1].text, "limit") || SameWord(tokens[i - 1].text, "offset")) ? 1 : 0;
  }
  const auto call = std::ranges::find_if(exchange.statements, [&](const Statement& one) { return one.IsCall(query); });
  return call != exchange.statements.end() && row_counts > 0 &&
         std::ssize(places) - std::ssize(call->parameters) == row_counts;
}

bool HasParameters(const Exchange& exchange, uint32_t query) {
  return std::ranges::any_of(exchange.statements,
                             [&](const Statement& one) { return one.IsCall(query) && !one.parameters.empty(); });
}

// Whether all requests of one size have one text, so that it is the size that stands in it, beside constants.
bool VariesWithSizeOnly(const Exchange& exchange, uint32_t query) {
  if (exchange.size_variable.empty()) return false;
  std::map<int64_t, std::set<std::string>> texts;
  for (const Statement& one : exchange.statements) {
    if (one.IsCall(query) && one.request != kNoRequest)
      texts[exchange.requests[static_cast<size_t>(one.request)].size].insert(one.text_token);
  }
  return std::ranges::all_of(texts, [](const auto& of_size) { return of_size.second.size() == 1; });
}

// A list of values, as the normalised text writes it; not rows of VALUES, which are what a loop of writes is cured by.
bool HasValueList(const Query& query) {
  return base::Contains(query.text, "(...)") || base::Contains(query.text, "[...]");
}

// Whoever fills lists up to the next power of two has a handful of texts.
bool IsPadded(const std::set<int64_t>& lengths) {
  return std::ranges::all_of(lengths,
                             [](int64_t length) { return std::has_single_bit(static_cast<uint64_t>(length)); });
}

}  // namespace

void JudgeTexts(const RuleContext& context, uint32_t query, evidence::Judgement& judgement) {
  if (context.exchange().queries[query].query_class == QueryClass::kOther) return;
  const std::string& text = context.exchange().queries[query].text;
  const bool by_builder =
      context.LibraryOf(query) == "squirrel" || (context.options().builder && !context.options().built.contains(text) &&
                                                 !context.options().parameterised.contains(text));
  if ((by_builder || IsWrittenByMapper(text)) && HoldsRowCountsOnly(context.exchange(), query)) return;
  // Where a mapper sends parameters, what stands in its text beside them and follows the size is taken for its row
  // count.
  const bool by_mapper = IsWrittenByMapper(text) && HasParameters(context.exchange(), query);
  const bool sized = (by_builder || by_mapper) && HoldsRowCounts(text) && VariesWithSizeOnly(context.exchange(), query);
  const auto texts = static_cast<int64_t>(kLeastLiteralTexts);
  if (!sized && sql::LiteralTexts(context.exchange(), query) >= texts && TextsVary(context.exchange(), query)) {
    judgement.findings.push_back(SimpleProtocol(context, query));
    return;
  }
  if (sql::LiteralTexts(context.exchange(), query) > 0 &&
      context.options().parameterised.contains(context.exchange().queries[query].text)) {
    judgement.findings.push_back(Interpolated(context, query));
    return;
  }
  const std::set<int64_t> lengths = ListLengths(context.exchange(), query);
  if (lengths.size() >= kLeastListLengths && *lengths.rbegin() >= kLeastLongestList && !IsPadded(lengths)) {
    const Query& asked = context.exchange().queries[query];
    if (!HasValueList(asked) || (IsWrittenByMapper(asked.text) && !HasOwnList(asked.text))) return;
    judgement.findings.push_back(InListTexts(context, query));
    return;
  }
  if (!sized && TextsWithLiterals(context.exchange(), query) >= kLeastPreparedTexts) {
    judgement.findings.push_back(LiteralTexts(context, query));
    return;
  }
  if (TextsWithLiterals(context.exchange(), query) > 0 &&
      context.options().built.contains(context.exchange().queries[query].text)) {
    judgement.findings.push_back(BuiltTexts(context, query));
    return;
  }
  const CommentTexts commented = TextsByComment(context.exchange(), query);
  const auto executions = static_cast<double>(commented.executions);
  if (commented.texts >= kLeastPreparedTexts && static_cast<double>(commented.texts) >= kLeastCommentTexts * executions)
    judgement.findings.push_back(CommentedTexts(context, query));
}

void JudgePreparing(const RuleContext& context, evidence::Judgement& judgement) {
  std::optional<uint32_t> worst;
  int64_t most = 0;
  for (uint32_t query = 0; query < context.exchange().queries.size(); ++query) {
    const Preparing preparing = PreparingOf(context.exchange(), query);
    const double share =
        static_cast<double>(preparing.again) / static_cast<double>(std::max<int64_t>(preparing.executions, 1));
    if (preparing.executions == 0 || share < kLeastPreparedAgain || preparing.again <= most) continue;
    most = preparing.again;
    worst = query;
  }
  if (!worst) return;
  FindingDraft draft = context.Draft("sql.statement_cache_thrash", Severity::kMedium, *worst);
  draft.title =
      "Prepared and thrown away again and again: {m0} round trips a request only prepare or close statements; "
      "this one is prepared again for {m1} of its executions";
  draft.support = {context.Spec("sql.preparing_trips", "count", std::nullopt, context.AtTypicalSize()),
                   context.Spec("sql.prepared_again", "ratio", worst, {}, "sql.prepared_again@2")};
  context.AddTime(draft, "sql.preparing_time", std::nullopt, context.AtTypicalSize());
  draft.ceiling_basis = "the round trips that only prepare or close disappear";
  draft.remedy =
      "Let the driver keep statements: a `statement_cache_capacity` above the number of different texts, no "
      "`Prepare` and `Close` around a single use, and values as parameters so that texts stay few";
  judgement.findings.push_back(std::move(draft));
}

}  // namespace hone::sql
