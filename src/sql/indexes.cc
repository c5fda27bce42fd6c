#include "sql/indexes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "sql/effects.h"
#include "sql/json_capture.h"
#include "sql/plan_conditions.h"

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

constexpr std::array<evidence::Method, 3> kIndexMethods = {{
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
    }
    return entries;
  });
}

evidence::Judgement JudgeIndexes(const std::vector<IndexEntry>& entries, const evidence::Capture& capture) {
  evidence::Judgement judgement;
  const auto code = [](std::string name) {
    std::ranges::replace(name, '`', '\'');
    return "`" + name + "`";
  };
  for (const Duplicate& duplicate : FindDuplicates(entries)) {
    const IndexEntry& entry = entries[duplicate.index];
    evidence::FindingDraft draft;
    draft.rule = "sql.duplicate_index";
    draft.severity = evidence::Severity::kLow;
    draft.subject = {.kind = "index", .name = FullName(entry), .endpoint = {}, .file = {}, .line = 0, .function = {}};
    const auto cite = [&](const std::string& metric, const std::string& unit) {
      draft.support.push_back({.metric = metric,
                               .scope = {.service = capture.scope.service},
                               .unit = unit,
                               .method = metric + "@1",
                               .captures = {capture.id},
                               .parameters = {{"index", FullName(entry)}}});
    };
    cite("index.bytes", "bytes");
    cite("index.table_rows", "count");
    draft.title = fmt::format("The same index as {} on {}, which has {{m1}} rows: {{m0}} on disk",
                              code(entries[duplicate.kept].name), code(entry.table));
    if (!entry.write_with_ns.empty()) {
      cite("index.write_cost", "ns");
      draft.title += ", {m2:ci} more for each row inserted";
    }
    const std::string schema = entry.schema == "public" ? "" : Identifier(entry.schema) + ".";
    draft.remedy = code("DROP INDEX " + schema + Identifier(entry.name));
    judgement.findings.push_back(std::move(draft));
  }
  return judgement;
}

std::span<const evidence::Method> IndexMethods() { return kIndexMethods; }

}  // namespace hone::sql
