#include "sql/indexes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "evidence/claim.h"
#include "sql/effects.h"
#include "sql/json_capture.h"
#include "sql/lexer.h"
#include "sql/plan_conditions.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Computed;
using evidence::Parameters;
using Captures = std::span<const evidence::CaptureBytes>;
using Json = nlohmann::ordered_json;

constexpr std::string_view kIndexesFormat = "hone.pg.indexes/1";

std::string FullName(const IndexEntry& entry) { return entry.schema + "." + entry.name; }

// Whether `kept` does all that `other` does.
bool Replaces(const IndexEntry& kept, const IndexEntry& other) {
  return kept.identity == other.identity && !other.bound && (kept.unique || !other.unique);
}

// The one of several equal ones that stays: what is needed anyway, then what enforces something, then the first name.
auto Order(const IndexEntry& entry) { return std::tuple(!entry.bound, !entry.unique, FullName(entry)); }

Result<IndexEntry> EntryOf(Captures captures, const Parameters& parameters) {
  if (captures.size() != 1) return Fail(Code::kInput, "Indexes are measured from one capture");
  HONE_TRY(std::vector<IndexEntry> entries, DecodeIndexes(captures[0].bytes));
  const auto name = parameters.find("index");
  if (name == parameters.end()) return Fail(Code::kInput, "This measurement needs the parameter index");
  const auto entry = std::ranges::find_if(entries, [&](const IndexEntry& e) { return FullName(e) == name->second; });
  if (entry == entries.end()) return Fail(Code::kInput, "The capture has no such index", name->second);
  return std::move(*entry);
}

template <auto kField>
Result<Computed> Exact(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const IndexEntry entry, EntryOf(captures, parameters));
  return Computed{.value = static_cast<double>(entry.*kField), .interval = {}, .n = 1, .n_of = "indexes"};
}

Result<Computed> IndexWriteCost(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const IndexEntry entry, EntryOf(captures, parameters));
  return WriteCostOfRow(entry.write_without_ns, entry.write_with_ns, entry.written_rows);
}

Result<Computed> LookupRatio(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const IndexEntry entry, EntryOf(captures, parameters));
  return FromEffect(RatioOfPositive(entry.lookup_with_ns, entry.lookup_without_ns));
}

Result<Computed> Scans(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const IndexEntry entry, EntryOf(captures, parameters));
  if (!entry.use) return Fail(Code::kInput, "The use of this index was not counted");
  return Computed{.value = static_cast<double>(entry.use->scans), .interval = {}, .n = 1, .n_of = "indexes"};
}

Json UseToJson(const IndexUse& use) {
  return {{"column", use.column},
          {"scans", use.scans},
          {"table_reads", use.table_reads},
          {"table_writes", use.table_writes},
          {"plain", use.plain},
          {"foreign_key", use.foreign_key},
          {"named", use.named},
          {"alone", use.alone}};
}

IndexUse UseFromJson(const Json& json) {
  IndexUse use;
  json.at("column").get_to(use.column);
  json.at("scans").get_to(use.scans);
  json.at("table_reads").get_to(use.table_reads);
  json.at("table_writes").get_to(use.table_writes);
  json.at("plain").get_to(use.plain);
  json.at("foreign_key").get_to(use.foreign_key);
  json.at("named").get_to(use.named);
  use.alone = json.value("alone", false);
  return use;
}

// A finding on one index, with the measurements that all of them cite.
class IndexDraft {
 public:
  IndexDraft(std::string rule, const IndexEntry& entry, const evidence::Capture& capture)
      : entry_(entry), capture_(capture) {
    draft_.rule = std::move(rule);
    draft_.severity = evidence::Severity::kLow;
    draft_.subject = {.kind = "index", .name = FullName(entry), .endpoint = {}, .file = {}, .line = 0, .function = {}};
  }

  void Cite(const std::string& metric, const std::string& unit) {
    draft_.support.push_back({.metric = metric,
                              .scope = {.service = capture_.scope.service},
                              .unit = unit,
                              .method = metric + "@1",
                              .captures = {capture_.id},
                              .parameters = {{"index", FullName(entry_)}}});
  }
  // What it costs each row inserted, where that was measured, at the title's end.
  void AddWriteCost() {
    if (entry_.write_with_ns.empty()) return;
    draft_.title += fmt::format(", {{m{}:ci}} more for each row inserted", draft_.support.size());
    Cite("index.write_cost", "ns");
  }
  // The drop, as far as it needs the schema's name.
  std::string Dropped() const {
    const std::string schema = entry_.schema == "public" ? "" : Identifier(entry_.schema) + ".";
    return schema + Identifier(entry_.name);
  }
  evidence::FindingDraft& draft() { return draft_; }

 private:
  const IndexEntry& entry_;
  const evidence::Capture& capture_;
  evidence::FindingDraft draft_ = {};
};

// The same index by another name, used or needed.
bool HasUsedTwin(const std::vector<IndexEntry>& entries, const IndexEntry& entry) {
  return std::ranges::any_of(entries, [&](const IndexEntry& other) {
    return &other != &entry && other.identity == entry.identity && other.use && other.use->scans > 0;
  });
}

// The longer index does what the shorter one does about as fast.
bool IsAsGood(const IndexEntry& entry) {
  if (entry.lookup_with_ns.empty()) return false;
  const stats::Effect ratio = RatioOfPositive(entry.lookup_with_ns, entry.lookup_without_ns);
  return ratio.interval && ratio.interval->hi <= kMostSlowerByLonger;
}

constexpr std::array<evidence::Method, 5> kIndexMethods = {{
    {"index.lookup_ratio@1", "Ratio of paired times of look-ups by an index's columns, without it and with it",
     LookupRatio},
    {"index.scans@1", "Scans of an index over all lives of the database, by pg_stat_user_indexes", Scans},
    {"index.bytes@1", "pg_relation_size of an index", Exact<&IndexEntry::bytes>},
    {"index.table_rows@1", "The rows of an index's table as VACUUM counted them", Exact<&IndexEntry::table_rows>},
    {"index.write_cost@1", "Hodges-Lehmann difference of paired times of an INSERT, with less without, a row",
     IndexWriteCost},
}};

}  // namespace

std::vector<Duplicate> FindDuplicates(const std::vector<IndexEntry>& entries) {
  std::vector<Duplicate> duplicates;
  for (size_t i = 0; i < entries.size(); ++i) {
    size_t kept = i;
    for (size_t j = 0; j < entries.size(); ++j) {
      const bool same = entries[j].identity == entries[i].identity;
      if (same && Order(entries[j]) < Order(entries[kept])) kept = j;
    }
    if (kept != i && Replaces(entries[kept], entries[i])) duplicates.push_back({i, kept});
  }
  return duplicates;
}

std::vector<size_t> FindBeginnings(const std::vector<IndexEntry>& entries) {
  std::vector<size_t> twins;
  for (const Duplicate& duplicate : FindDuplicates(entries)) twins.push_back(duplicate.index);
  std::vector<size_t> beginnings;
  for (size_t i = 0; i < entries.size(); ++i) {
    const bool told = std::ranges::find(twins, i) != twins.end();
    // Of a chain the longest beginning is told: whether the next one is superfluous is another run's question.
    const bool chained = std::ranges::any_of(entries, [&](const IndexEntry& other) {
      return other.schema == entries[i].schema && other.name == entries[i].longer && !other.longer.empty() &&
             !other.bound && !other.unique;
    });
    if (!entries[i].longer.empty() && !entries[i].bound && !entries[i].unique && !told && !chained)
      beginnings.push_back(i);
  }
  return beginnings;
}

std::string EncodeIndexes(const std::vector<IndexEntry>& entries) {
  Json json = {{"format", kIndexesFormat}, {"indexes", Json::array()}};
  for (const IndexEntry& e : entries) {
    json["indexes"].push_back({{"schema", e.schema},
                               {"table", e.table},
                               {"name", e.name},
                               {"identity", e.identity},
                               {"unique", e.unique},
                               {"bound", e.bound},
                               {"bytes", e.bytes},
                               {"table_rows", e.table_rows},
                               {"written_rows", e.written_rows},
                               {"write_without_ns", e.write_without_ns},
                               {"write_with_ns", e.write_with_ns}});
    if (!e.longer.empty()) {
      Json& json_entry = json["indexes"].back();
      json_entry["longer"] = e.longer;
      json_entry["key"] = e.key;
      json_entry["lookup_with_ns"] = e.lookup_with_ns;
      json_entry["lookup_without_ns"] = e.lookup_without_ns;
    }
    if (e.use) json["indexes"].back()["use"] = UseToJson(*e.use);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::vector<IndexEntry>> DecodeIndexes(std::string_view bytes) {
  return ReadJsonCapture<std::vector<IndexEntry>>(bytes, kIndexesFormat, "list of indexes", [](const Json& json) {
    std::vector<IndexEntry> entries;
    for (const Json& each : json.at("indexes")) {
      IndexEntry& entry = entries.emplace_back();
      each.at("schema").get_to(entry.schema);
      each.at("table").get_to(entry.table);
      each.at("name").get_to(entry.name);
      each.at("identity").get_to(entry.identity);
      each.at("unique").get_to(entry.unique);
      each.at("bound").get_to(entry.bound);
      each.at("bytes").get_to(entry.bytes);
      each.at("table_rows").get_to(entry.table_rows);
      each.at("written_rows").get_to(entry.written_rows);
      each.at("write_without_ns").get_to(entry.write_without_ns);
      each.at("write_with_ns").get_to(entry.write_with_ns);
      if (each.contains("longer")) {
        each.at("longer").get_to(entry.longer);
        each.at("key").get_to(entry.key);
        each.at("lookup_with_ns").get_to(entry.lookup_with_ns);
        each.at("lookup_without_ns").get_to(entry.lookup_without_ns);
      }
      if (each.contains("use")) entry.use = UseFromJson(each.at("use"));
    }
    return entries;
  });
}

std::vector<size_t> FindUnused(const std::vector<IndexEntry>& entries) {
  std::vector<size_t> twins = FindBeginnings(entries);
  for (const Duplicate& duplicate : FindDuplicates(entries)) twins.push_back(duplicate.index);
  std::vector<size_t> unused;
  for (size_t i = 0; i < entries.size(); ++i) {
    const IndexEntry& entry = entries[i];
    if (!entry.use || entry.use->scans > 0 || entry.unique || entry.bound) continue;
    const IndexUse& use = *entry.use;
    const bool wanted = !use.plain || use.foreign_key || use.named || entry.table_rows < kLeastTableRows;
    const bool told = std::ranges::find(twins, i) != twins.end() || HasUsedTwin(entries, entry);
    if (!wanted && !told && use.table_reads + use.table_writes > 0) unused.push_back(i);
  }
  return unused;
}

namespace {

std::string_view Bare(std::string_view word) {
  return word.size() >= 2 && word.starts_with('"') ? word.substr(1, word.size() - 2) : word;
}

// Of a piece: the column stands before an operator or a word that compares or orders.
bool IsCompared(const std::vector<Token>& tokens, std::string_view column) {
  constexpr std::array<std::string_view, 11> kWords = {"in",      "like",    "ilike", "between", "is", "not",
                                                       "similar", "collate", "asc",   "desc",    "any"};
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::kWord || !SameWord(Bare(tokens[i].text), column)) continue;
    const Token& next = tokens[i + 1];
    const bool compares =
        next.kind == TokenKind::kWord
            ? std::ranges::any_of(kWords, [&](std::string_view word) { return SameWord(next.text, word); })
            : next.text.find_first_of("=<>~@&|!") != std::string_view::npos;
    if (compares) return true;
  }
  return false;
}

// Whether a statement defines what the database is made of: the columns of tables and indexes are named there, and
// nothing looks for anything.
bool DefinesTables(const std::vector<Token>& tokens) {
  constexpr size_t kWordsBefore = 5;  // CREATE UNIQUE INDEX, CREATE GLOBAL TEMPORARY TABLE
  const auto is = [&](size_t i, std::string_view word) { return i < tokens.size() && SameWord(tokens[i].text, word); };
  constexpr std::array<std::string_view, 6> kAltered = {"table", "index", "view", "schema", "sequence", "type"};
  const auto is_altered = [&](std::string_view word) { return is(1, word); };
  if (is(0, "comment") && is(1, "on")) return true;
  if ((is(0, "alter") || is(0, "drop")) && std::ranges::any_of(kAltered, is_altered)) return true;
  if (!is(0, "create")) return false;
  const auto is_select = [](const Token& token) { return SameWord(token.text, "select"); };
  for (size_t i = 1; i < kWordsBefore; ++i) {
    if (is(i, "index")) return true;
    if (is(i, "table")) return std::ranges::none_of(tokens, is_select);
  }
  return false;
}

bool NamesInOne(std::string_view statement, std::string_view table, std::string_view column) {
  constexpr std::array<std::string_view, 6> kBegins = {"where", "on", "by", "having", "using", "distinct"};
  constexpr std::array<std::string_view, 6> kEnds = {"select", "from", "join", "returning", "values", "set"};
  const std::vector<Token> tokens = Tokenize(statement);
  if (DefinesTables(tokens)) return false;
  bool of_table = table.empty();
  bool named = false;
  bool serves = false;
  std::vector<bool> around;  // what holds behind each parenthesis that is open: FILTER (WHERE ...), count(DISTINCT ...)
  // Within how many of them DISTINCT stood, and how many columns came behind it: a mapper lists all there are.
  constexpr int kMostDistinct = 3;
  constexpr ptrdiff_t kNowhere = -1;
  ptrdiff_t distinct = kNowhere;
  int columns = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].text == "(") around.push_back(serves);
    if (tokens[i].text == ")" && !around.empty()) {
      serves = around.back();
      around.pop_back();
      if (distinct > std::ssize(around)) distinct = kNowhere;
    }
    if (tokens[i].text == "," && distinct == std::ssize(around) && ++columns == kMostDistinct) {
      serves = false;
      distinct = kNowhere;
    }
    if (tokens[i].kind != TokenKind::kWord) continue;
    const auto is = [&](std::string_view word) { return SameWord(tokens[i].text, word); };
    // a IS DISTINCT FROM b
    const auto behind = [&](std::string_view word) { return i > 0 && SameWord(tokens[i - 1].text, word); };
    if ((is("distinct") && (behind("is") || behind("not"))) || (is("from") && behind("distinct"))) continue;
    const bool begins = std::ranges::any_of(kBegins, is);
    const bool ends = std::ranges::any_of(kEnds, is);
    if (begins) serves = true;
    if (ends) serves = false;
    if (begins || ends) distinct = kNowhere;
    if (is("distinct")) {
      distinct = std::ssize(around);
      columns = 0;
    }
    of_table = of_table || SameWord(Bare(tokens[i].text), table);
    const bool extreme = i >= 2 && tokens[i - 1].text == "(" &&
                         (SameWord(tokens[i - 2].text, "min") || SameWord(tokens[i - 2].text, "max"));
    named = named || ((serves || extreme) && SameWord(Bare(tokens[i].text), column));
  }
  return of_table && named;
}

}  // namespace

ColumnMention MentionOf(std::string_view piece, std::string_view table, std::string_view column) {
  constexpr std::array<std::string_view, 6> kStatements = {"select", "insert", "update", "delete", "with", "merge"};
  const std::vector<Token> tokens = Tokenize(piece);
  const auto is_column = [&](const Token& token) {
    return token.kind == TokenKind::kWord && SameWord(Bare(token.text), column);
  };
  if (std::ranges::none_of(tokens, is_column)) return ColumnMention::kNone;
  const bool whole =
      std::ranges::any_of(kStatements, [&](std::string_view word) { return SameWord(tokens.front().text, word); });
  if (NamesForIndex(piece, whole ? table : std::string_view(), column)) return ColumnMention::kServes;
  if (whole || DefinesTables(tokens)) return ColumnMention::kNone;
  if (IsCompared(tokens, column)) return ColumnMention::kServes;
  const bool alone = tokens.size() == 1 || (tokens.size() == 3 && tokens[1].text == "." && is_column(tokens[2]));
  return alone ? ColumnMention::kAlone : ColumnMention::kNone;
}

bool NamesForIndex(std::string_view text, std::string_view table, std::string_view column) {
  const std::vector<std::string_view> statements = SplitStatements(text);
  return std::ranges::any_of(statements,
                             [&](std::string_view statement) { return NamesInOne(statement, table, column); });
}

evidence::Judgement JudgeIndexes(const std::vector<IndexEntry>& entries, const evidence::Capture& capture) {
  evidence::Judgement judgement;
  for (const Duplicate& duplicate : FindDuplicates(entries)) {
    const IndexEntry& entry = entries[duplicate.index];
    IndexDraft index("sql.duplicate_index", entry, capture);
    evidence::FindingDraft& draft = index.draft();
    index.Cite("index.bytes", "bytes");
    index.Cite("index.table_rows", "count");
    draft.title = fmt::format("The same index as {} on {}, which has {{m1}} rows: {{m0}} on disk",
                              evidence::Quote(entries[duplicate.kept].name), evidence::Quote(entry.table));
    index.AddWriteCost();
    draft.remedy = evidence::Quote("DROP INDEX " + index.Dropped());
    judgement.findings.push_back(std::move(draft));
  }
  for (const size_t one : FindBeginnings(entries)) {
    const IndexEntry& entry = entries[one];
    if (!IsAsGood(entry)) continue;
    IndexDraft index("sql.duplicate_index", entry, capture);
    evidence::FindingDraft& draft = index.draft();
    index.Cite("index.bytes", "bytes");
    index.Cite("index.table_rows", "count");
    index.Cite("index.lookup_ratio", "ratio");
    draft.title = fmt::format(
        "{} on {}, which has {{m1}} rows, begins with the same columns: without this one a look-up by them takes "
        "{{m2:ci}} of the time. It takes {{m0}} on disk",
        evidence::Quote(entry.longer), evidence::Quote(entry.table));
    index.AddWriteCost();
    draft.remedy = evidence::Quote("DROP INDEX " + index.Dropped());
    judgement.findings.push_back(std::move(draft));
  }
  return judgement;
}

evidence::Judgement JudgeUnusedIndexes(const std::vector<IndexEntry>& entries, const std::vector<size_t>& unused,
                                       const evidence::Capture& capture) {
  evidence::Judgement judgement;
  for (const size_t one : unused) {
    const IndexEntry& entry = entries[one];
    IndexDraft index("sql.unused_index", entry, capture);
    evidence::FindingDraft& draft = index.draft();
    index.Cite("index.scans", "count");
    index.Cite("index.bytes", "bytes");
    index.Cite("index.table_rows", "count");
    draft.title = fmt::format(
        "Not used by the scenarios of this run ({{m0}} scans), which do use {}, of {{m2}} rows: "
        "{{m1}} on disk",
        evidence::Quote(entry.table));
    index.AddWriteCost();
    draft.title += ". Other code, and what no scenario asks, may use it";
    draft.remedy = fmt::format(
        "Look in production whether anything uses it: {}, over weeks and on replicas too. If nothing does: {}",
        evidence::Quote("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = '" + entry.name + "'"),
        evidence::Quote("DROP INDEX CONCURRENTLY " + index.Dropped()));
    judgement.findings.push_back(std::move(draft));
  }
  return judgement;
}

std::span<const evidence::Method> IndexMethods() { return kIndexMethods; }

}  // namespace hone::sql
