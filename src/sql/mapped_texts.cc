#include "sql/mapped_texts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "sql/fingerprint.h"
#include "sql/lexer.h"
#include "sql/remedies.h"
#include "sql/texts.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

// Fewer are told one by one.
constexpr size_t kManyMapped = 5;

}  // namespace

bool IsWrittenByMapper(std::string_view text) {
  bool quotes_tables = false;
  bool quotes_needlessly = false;
  const std::vector<Token> tokens = Tokenize(text);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view word = tokens[i].text;
    if (tokens[i].kind != TokenKind::kWord || word.size() < 3 || word.front() != '"') continue;
    const auto is_before = [&](const char* name) { return i > 0 && SameWord(tokens[i - 1].text, name); };
    quotes_tables = quotes_tables || is_before("from") || is_before("into") || is_before("update");
    quotes_needlessly = quotes_needlessly || !NeedsQuotes(word.substr(1, word.size() - 2));
  }
  return quotes_tables && quotes_needlessly;
}

bool HasOwnList(std::string_view text) {
  const std::vector<Token> tokens = Tokenize(text);
  bool own = false;
  for (size_t i = 1; i + 1 < tokens.size(); ++i) {
    const auto open = static_cast<size_t>(tokens[i + 1].text.data() - text.data());
    if (!SameWord(tokens[i].text, "in") || !text.substr(open).starts_with("(...)")) continue;
    const size_t column = SameWord(tokens[i - 1].text, "not") && i > 1 ? i - 2 : i - 1;
    if (tokens[column].kind != TokenKind::kWord || tokens[column].text.front() == '"') return false;
    own = true;
  }
  return own;
}

int64_t MappedStatements(const std::vector<Exchange>& exchanges, const std::set<std::string, std::less<>>& ids) {
  std::set<std::string_view> statements;
  for (const Exchange& exchange : exchanges) {
    for (uint32_t query = 0; query < exchange.queries.size(); ++query) {
      const std::string& id = exchange.queries[query].id;
      if (ids.contains(id) && TextsWithLiterals(exchange, query) > 1) statements.insert(id);
    }
  }
  return std::ssize(statements);
}

void MappedTexts::TakeFrom(evidence::Judgement& judgement, const Exchange& exchange, const RuleOptions& options) {
  // bun writes the values into whatever it is handed, in quotes or not.
  const auto by_bun = [&](const std::string& text) {
    return options.LibraryOf(text) == "bun" && !options.built.contains(text);
  };
  const auto is_other = [&](const evidence::FindingDraft& draft) {
    return draft.support.empty() || draft.support[0].metric != "sql.literal_texts" ||
           !(IsWrittenByMapper(draft.subject.name) || by_bun(draft.subject.name));
  };
  const auto taken = std::ranges::stable_partition(judgement.findings, is_other);
  for (evidence::FindingDraft& draft : taken) {
    const auto query = std::ranges::find(exchange.queries, draft.subject.name, &Query::text);
    const int64_t texts = query == exchange.queries.end()
                              ? 0
                              : TextsWithLiterals(exchange, static_cast<uint32_t>(query - exchange.queries.begin()));
    if (query != exchange.queries.end()) ids_.insert(query->id);
    if (texts > texts_) {
      texts_ = texts;
      most_ = drafts_.size();
    }
    drafts_.push_back(std::move(draft));
  }
  judgement.findings.erase(taken.begin(), taken.end());
}

std::vector<evidence::FindingDraft> MappedTexts::Told(const RuleOptions& options) && {
  std::set<evidence::CaptureId> captures;
  for (const evidence::FindingDraft& draft : drafts_) {
    captures.insert(draft.support[0].captures.begin(), draft.support[0].captures.end());
  }
  if (ids_.size() < kManyMapped) return std::move(drafts_);
  evidence::FindingDraft one = drafts_[most_];
  const bool simple = one.rule == "sql.simple_protocol";
  one.title = fmt::format(
      "The mapper writes values into the texts of its statements, {{m{}}} of them, each text {}; of this statement "
      "{{m0}}",
      one.support.size(),
      simple ? "parsed and planned anew" : "prepared and kept for itself, so that others are thrown away");
  one.support.push_back({.metric = "sql.mapped_statements",
                         .scope = {},
                         .unit = "count",
                         .method = "sql.mapped_statements@1",
                         .captures = {captures.begin(), captures.end()},
                         .parameters = {{"queries", fmt::format("{}", fmt::join(ids_, ","))}}});
  one.remedy = MappedTextsRemedy(options.LibraryOf(one.subject.name));
  std::vector<evidence::FindingDraft> told;
  told.push_back(std::move(one));
  return told;
}

}  // namespace hone::sql
