#include "sql/existence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "evidence/claim.h"
#include "sql/effects.h"
#include "sql/json_capture.h"
#include "sql/proof_claim.h"
#include "sql/select_text.h"
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

constexpr std::string_view kExistenceFormat = "hone.sql.existence/1";

Result<ExistenceProof> ExistenceProofOf(Captures captures) {
  if (captures.size() != 1) return Fail(Code::kInput, "Existence is measured from one capture");
  return DecodeExistence(captures[0].bytes);
}

Result<Computed> RowsCounted(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const ExistenceProof proof, ExistenceProofOf(captures));
  return Computed{.value = static_cast<double>(proof.counted), .interval = {}, .n = 1, .n_of = "executions"};
}

Result<Computed> AnswersTried(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const ExistenceProof proof, ExistenceProofOf(captures));
  return Computed{.value = static_cast<double>(proof.answers), .interval = {}, .n = proof.answers, .n_of = "answers"};
}

Result<Computed> TimeOfForm(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const ExistenceProof proof, ExistenceProofOf(captures));
  HONE_TRY(const bool count, IsFirst(parameters, "form", "count", "exists"));
  return MedianWithInterval(count ? proof.count_ns : proof.exists_ns, "executions");
}

Result<Computed> SavedByExists(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const ExistenceProof proof, ExistenceProofOf(captures));
  return FromEffect(stats::HodgesLehmann(Differences(proof.exists_ns, proof.count_ns, 1)));
}

constexpr std::array<evidence::Method, 4> kExistenceMethods = {{
    {"sql.existence.counted@1", "Rows that one execution of a statement counted", RowsCounted},
    {"sql.existence.answers@1", "Answers that were the same with one of the counted rows alone, and others with none",
     AnswersTried},
    {"sql.existence.time@1",
     "Median of the times of one form, round trip to the clone included; order-statistic interval", TimeOfForm},
    {"sql.existence.saved_time@1", "Hodges-Lehmann difference of paired times, counting less EXISTS", SavedByExists},
}};

bool IsFaster(const ExistenceProof& proof) {
  const stats::Effect effect = RatioOfPositive(proof.count_ns, proof.exists_ns);
  return effect.interval && effect.interval->hi <= kMostTimeWith;
}

// Whether rows come out of tables alone, and none that is filled up with NULL: FROM a, b JOIN c.
bool IsOfTables(const nlohmann::json& from) {
  if (from.contains("RangeVar")) return true;
  if (!from.contains("JoinExpr")) return false;
  const nlohmann::json& join = from["JoinExpr"];
  return join.value("jointype", "") == "JOIN_INNER" && IsOfTables(join.value("larg", nlohmann::json::object())) &&
         IsOfTables(join.value("rarg", nlohmann::json::object()));
}

// A column that is called id is surely the key, which is never NULL: mappers count it ("orders"."id").
bool IsKey(const nlohmann::json& argument) {
  const nlohmann::json fields = argument.value("/ColumnRef/fields"_json_pointer, nlohmann::json::array());
  return !fields.empty() && fields.back().value("/String/sval"_json_pointer, "") == "id";
}

// count(*), or count of a constant or a key, of all rows there are in `from`.
bool CountsRows(const nlohmann::json& target, const nlohmann::json& from) {
  const nlohmann::json value = target.value("/ResTarget/val"_json_pointer, nlohmann::json::object());
  if (!value.contains("FuncCall")) return false;
  const nlohmann::json& call = value["FuncCall"];
  const nlohmann::json& name = call.value("funcname", nlohmann::json::array());
  const auto is_plain = [&](const char* modifier) { return !call.contains(modifier); };
  if (name.size() != 1 || name[0].value("/String/sval"_json_pointer, "") != "count" ||
      !std::ranges::all_of(std::array{"agg_filter", "agg_distinct", "over"}, is_plain))
    return false;
  if (call.value("agg_star", false)) return true;
  const nlohmann::json& arguments = call.value("args", nlohmann::json::array());
  // A normalised text has a parameter for a constant.
  return arguments.size() == 1 &&
         (arguments[0].contains("A_Const") || arguments[0].contains("ParamRef") ||
          (IsKey(arguments[0]) && std::ranges::all_of(from, IsOfTables))) &&
         !arguments[0].contains("/A_Const/isnull"_json_pointer);
}

}  // namespace

std::string EncodeExistence(const ExistenceProof& proof) {
  const Json json = {{"format", kExistenceFormat}, {"endpoint", proof.endpoint},  {"query", proof.query},
                     {"text", proof.text},         {"counted", proof.counted},    {"answers", proof.answers},
                     {"count_ns", proof.count_ns}, {"exists_ns", proof.exists_ns}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ExistenceProof> DecodeExistence(std::string_view bytes) {
  return ReadJsonCapture<ExistenceProof>(bytes, kExistenceFormat, "proof of existence", [](const Json& json) {
    ExistenceProof proof;
    json.at("endpoint").get_to(proof.endpoint);
    json.at("query").get_to(proof.query);
    json.at("text").get_to(proof.text);
    json.at("counted").get_to(proof.counted);
    json.at("answers").get_to(proof.answers);
    json.at("count_ns").get_to(proof.count_ns);
    json.at("exists_ns").get_to(proof.exists_ns);
    return proof;
  });
}

namespace {

// Leaves out a LIMIT at the statement's end: there is one number to be returned. False where it is another one.
bool WithoutLimit(const SelectText& select, EditedText& edited) {
  const std::vector<Token>& tokens = select.tokens();
  const auto word = std::ranges::find_if(tokens.rbegin(), tokens.rend(), [](const Token& token) {
    return token.kind == TokenKind::kWord && SameWord(token.text, "limit");
  });
  const auto behind = static_cast<size_t>(word - tokens.rbegin());
  if (word == tokens.rend() || behind == 0 || (behind > 1 && std::prev(word, 2)->text != ";")) return false;
  const Token& count = *std::prev(word);
  const bool some = count.text.starts_with('$') ||
                    (count.text.find_first_not_of("0123456789") == count.text.npos && count.text != "0");
  const size_t begin = select.At(*word);
  edited.Replace(begin, select.At(count) + count.text.size() - begin, "");
  return some;
}

}  // namespace

std::optional<std::string> CountedRows(std::string_view statement) {
  static const std::set<std::string> kPlain = {"targetList", "fromClause",  "whereClause",
                                               "limitCount", "limitOption", "op"};
  const std::vector<std::string_view> parts = SplitStatements(statement);
  if (parts.size() != 1) return std::nullopt;
  const auto select = SelectText::Parse(parts[0]);
  const auto from = select ? select->FromAt() : std::nullopt;
  if (!from) return std::nullopt;
  const nlohmann::json& tree = select->tree();
  const bool plain = std::ranges::all_of(tree.items(), [&](const auto& item) { return kPlain.contains(item.key()); });
  if (!plain || tree.value("op", "SETOP_NONE") != "SETOP_NONE" || !tree.contains("targetList") ||
      tree["targetList"].size() != 1 || !CountsRows(tree["targetList"][0], tree["fromClause"]))
    return std::nullopt;
  const auto word = std::ranges::find_if(select->tokens(), [](const Token& token) {
    return token.kind == TokenKind::kWord && SameWord(token.text, "select");
  });
  if (word == select->tokens().end()) return std::nullopt;
  EditedText edited(parts[0]);
  if (tree.contains("limitCount") && !WithoutLimit(*select, edited)) return std::nullopt;
  const size_t begin = select->At(*word) + word->text.size();
  edited.Replace(begin, select->EndBefore(*from) - begin, " 1");
  return edited.Text();
}

std::string ExistsForm(std::string_view counted_rows) { return fmt::format("SELECT EXISTS ({})", counted_rows); }

evidence::Judgement JudgeExistence(const ExistenceProof& proof, const evidence::Capture& capture) {
  evidence::Judgement judgement;
  const auto rows = CountedRows(proof.text);
  if (!rows || proof.answers == 0 || static_cast<double>(proof.counted) < kLeastUnusedRows ||
      proof.count_ns.size() < kLeastTrialPairs || !IsFaster(proof))
    return judgement;
  evidence::FindingDraft draft;
  draft.rule = "sql.count_for_existence";
  draft.severity = evidence::Severity::kMedium;
  draft.subject = {
      .kind = "query", .name = proof.text, .endpoint = proof.endpoint, .file = {}, .line = 0, .function = {}};
  const auto cite = [&](std::string_view metric, std::string_view unit, Parameters parameters) {
    return Cite(draft, capture.id, metric, unit, std::move(parameters));
  };
  const std::string counted = cite("sql.existence.counted", "count", {});
  const std::string answers = cite("sql.existence.answers", "count", {});
  const std::string count = cite("sql.existence.time", "ns", {{"form", "count"}});
  const std::string exists = cite("sql.existence.time", "ns", {{"form", "exists"}});
  draft.title = fmt::format(
      "A statement counts {} rows, and only whether there is one decides the answer: it was the same with one of the "
      "rows alone, and another with none (sets of values tried: {}). It takes {}, and {} as EXISTS",
      counted, answers, count, exists);
  draft.remedy = fmt::format(
      "Ask whether there is a row: {}, and compare with true instead of a number. Where the code also compares the "
      "number "
      "with a limit that these requests did not reach, or logs it, it stays",
      evidence::Quote(ExistsForm(*rows)));
  draft.time_ns = draft.time_loopback_ns = draft.ceiling = draft.support.size();
  draft.ceiling_basis = "measured: the statement's time as it counts less that of EXISTS";
  (void)cite("sql.existence.saved_time", "ns", {});
  judgement.findings.push_back(std::move(draft));
  return judgement;
}

std::span<const evidence::Method> ExistenceMethods() { return kExistenceMethods; }

}  // namespace hone::sql
