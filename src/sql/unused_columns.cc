#include "sql/unused_columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "evidence/claim.h"
#include "sql/effects.h"
#include "sql/json_capture.h"
#include "sql/lexer.h"
#include "sql/proof_claim.h"
#include "sql/thresholds.h"
#include "stats/paired.h"

namespace hone::sql {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Computed;
using evidence::Parameters;
using Captures = std::span<const evidence::CaptureBytes>;
using Json = nlohmann::ordered_json;

constexpr std::string_view kColumnsFormat = "hone.sql.columns/1";

Result<ColumnProof> ColumnProofOf(Captures captures) {
  if (captures.size() != 1) return Fail(Code::kInput, "Columns are measured from one capture");
  return DecodeColumns(captures[0].bytes);
}

Computed Counted(int64_t value) {
  return {.value = static_cast<double>(value), .interval = {}, .n = 1, .n_of = "executions"};
}

Result<Computed> BytesOfColumns(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const ColumnProof proof, ColumnProofOf(captures));
  HONE_TRY(const bool all, IsFirst(parameters, "columns", "all", "unused"));
  return Counted(all ? BytesOf(proof) : UnusedBytesOf(proof));
}

Result<Computed> RowsOfColumns(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const ColumnProof proof, ColumnProofOf(captures));
  return Counted(proof.rows);
}

Result<Computed> AnswersOfColumns(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const ColumnProof proof, ColumnProofOf(captures));
  return Computed{.value = static_cast<double>(proof.answers), .interval = {}, .n = proof.answers, .n_of = "answers"};
}

Result<Computed> TimeOfColumns(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const ColumnProof proof, ColumnProofOf(captures));
  HONE_TRY(const bool with, IsFirst(parameters, "arm", "with", "without"));
  return MedianWithInterval(with ? proof.with_ns : proof.without_ns, "executions");
}

Result<Computed> SavedByColumns(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const ColumnProof proof, ColumnProofOf(captures));
  return FromEffect(stats::HodgesLehmann(Differences(proof.without_ns, proof.with_ns, 1)));
}

constexpr std::array<evidence::Method, 5> kColumnMethods = {{
    {"sql.columns.bytes@1", "Bytes of the values of a statement's columns as text, in all rows of one execution",
     BytesOfColumns},
    {"sql.columns.rows@1", "Rows of that execution", RowsOfColumns},
    {"sql.columns.answers@1", "Answers that stayed the same with other values in one of the unused columns each",
     AnswersOfColumns},
    {"sql.columns.time@1",
     "Median of the times of one arm, round trip to the clone and the reading of rows included; order-statistic "
     "interval",
     TimeOfColumns},
    {"sql.columns.saved_time@1", "Hodges-Lehmann difference of paired times, with the columns less without them",
     SavedByColumns},
}};

std::string NamesOf(const std::vector<FetchedColumn>& columns, bool unused) {
  std::vector<std::string> names;
  for (const FetchedColumn& column : columns) {
    if (column.unused == unused) names.push_back(evidence::Quote(column.name));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

bool IsFaster(const ColumnProof& proof) {
  const stats::Effect effect = RatioOfPositive(proof.with_ns, proof.without_ns);
  return effect.interval && effect.interval->hi <= kMostTimeWith;
}

}  // namespace

std::string EncodeColumns(const ColumnProof& proof) {
  Json columns = Json::array();
  for (const FetchedColumn& column : proof.columns)
    columns.push_back({{"name", column.name}, {"bytes", column.bytes}, {"unused", column.unused}});
  const Json json = {{"format", kColumnsFormat}, {"endpoint", proof.endpoint}, {"query", proof.query},
                     {"text", proof.text},       {"rows", proof.rows},         {"columns", std::move(columns)},
                     {"answers", proof.answers}, {"with_ns", proof.with_ns},   {"without_ns", proof.without_ns}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ColumnProof> DecodeColumns(std::string_view bytes) {
  return ReadJsonCapture<ColumnProof>(bytes, kColumnsFormat, "proof of unused columns", [](const Json& json) {
    ColumnProof proof;
    json.at("endpoint").get_to(proof.endpoint);
    json.at("query").get_to(proof.query);
    json.at("text").get_to(proof.text);
    json.at("rows").get_to(proof.rows);
    for (const Json& each : json.at("columns")) {
      FetchedColumn& column = proof.columns.emplace_back();
      each.at("name").get_to(column.name);
      each.at("bytes").get_to(column.bytes);
      each.at("unused").get_to(column.unused);
    }
    json.at("answers").get_to(proof.answers);
    json.at("with_ns").get_to(proof.with_ns);
    json.at("without_ns").get_to(proof.without_ns);
    return proof;
  });
}

int64_t BytesOf(const ColumnProof& proof) {
  return std::accumulate(proof.columns.begin(), proof.columns.end(), int64_t{0},
                         [](int64_t sum, const FetchedColumn& column) { return sum + column.bytes; });
}

int64_t UnusedBytesOf(const ColumnProof& proof) {
  return std::accumulate(
      proof.columns.begin(), proof.columns.end(), int64_t{0},
      [](int64_t sum, const FetchedColumn& column) { return sum + (column.unused ? column.bytes : 0); });
}

bool IsMuchUnused(const ColumnProof& proof) {
  const int64_t unused = UnusedBytesOf(proof);
  return unused >= kLeastUnusedBytes &&
         static_cast<double>(unused) >= kLeastUnusedShare * static_cast<double>(BytesOf(proof));
}

std::string KeepColumns(std::string_view statement, size_t columns, const std::vector<size_t>& kept) {
  std::vector<std::string> all;
  std::vector<std::string> some;
  for (size_t i = 0; i < columns; ++i) all.push_back(fmt::format("c{}", i));
  for (const size_t i : kept) some.push_back(all.at(i));
  const std::vector<std::string_view> parts = SplitStatements(statement);
  // A comment may end it.
  return fmt::format("SELECT {} FROM ({}\n) AS kept ({})", fmt::join(some, ", "),
                     parts.empty() ? std::string_view() : parts.front(), fmt::join(all, ", "));
}

evidence::Judgement JudgeColumns(const ColumnProof& proof, const evidence::Capture& capture) {
  constexpr size_t kTimeWith = 4;  // in the support
  evidence::Judgement judgement;
  if (!IsMuchUnused(proof) || proof.answers == 0 || proof.with_ns.size() < kLeastTrialPairs) return judgement;
  evidence::FindingDraft draft;
  draft.rule = "sql.columns_unused";
  draft.severity = IsFaster(proof) ? evidence::Severity::kMedium : evidence::Severity::kLow;
  draft.subject = {
      .kind = "query", .name = proof.text, .endpoint = proof.endpoint, .file = {}, .line = 0, .function = {}};
  const auto cite = [&](std::string_view metric, std::string_view unit, Parameters parameters) {
    return Cite(draft, capture.id, metric, unit, std::move(parameters));
  };
  const std::string unused = cite("sql.columns.bytes", "bytes", {{"columns", "unused"}});
  const std::string all = cite("sql.columns.bytes", "bytes", {{"columns", "all"}});
  const std::string rows = cite("sql.columns.rows", "count", {});
  const std::string answers = cite("sql.columns.answers", "count", {});
  const std::string with = cite("sql.columns.time", "ns", {{"arm", "with"}});
  const std::string without = cite("sql.columns.time", "ns", {{"arm", "without"}});
  draft.title = fmt::format(
      "A statement returns {} in {} rows, and {} of them are columns that the answer does not need ({}): it stayed the "
      "same in {} requests with other values in them. The statement takes {}, and {} without them",
      all, rows, unused, NamesOf(proof.columns, true), answers, with, without);
  draft.remedy = fmt::format(
      "Ask for what is used: {}. Only the answer was looked at: where the service writes these columns to a log or "
      "hands "
      "them on elsewhere, they stay",
      NamesOf(proof.columns, false));
  if (IsFaster(proof)) {
    draft.time_ns = draft.time_loopback_ns = draft.ceiling = draft.support.size();
    draft.ceiling_basis = "measured: the statement's time with the columns less that without them";
    (void)cite("sql.columns.saved_time", "ns", {});
  } else {
    draft.ceiling = kTimeWith;
    draft.ceiling_basis = "the whole time of this statement; what the service does with the bytes comes on top";
  }
  judgement.findings.push_back(std::move(draft));
  return judgement;
}

std::span<const evidence::Method> ColumnMethods() { return kColumnMethods; }

}  // namespace hone::sql
