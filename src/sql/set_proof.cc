#include "sql/set_proof.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sql/effects.h"
#include "sql/json_capture.h"
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

constexpr std::string_view kSetFormFormat = "hone.sql.set_form/1";

Result<SetProof> ProofOf(Captures captures) {
  if (captures.size() != 1) return Fail(Code::kInput, "A set form is measured from one capture");
  return DecodeProof(captures[0].bytes);
}

Result<Computed> RowsOfBoth(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const SetProof proof, ProofOf(captures));
  return Computed{.value = static_cast<double>(proof.set_rows.size()),
                  .interval = {},
                  .n = 1,
                  .n_of = "comparisons",
                  .validity = HasSameRows(proof) ? evidence::Validity::kValid : evidence::Validity::kTooFew};
}

Result<Computed> CallsOfProof(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const SetProof proof, ProofOf(captures));
  return Computed{.value = static_cast<double>(proof.calls), .interval = {}, .n = 1, .n_of = "comparisons"};
}

Result<Computed> TimeOfArm(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const SetProof proof, ProofOf(captures));
  HONE_TRY(const bool set, IsFirst(parameters, "arm", "set", "single"));
  return MedianWithInterval(set ? proof.set_ns : proof.single_ns, "executions");
}

Result<Computed> SpeedupOfProof(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const SetProof proof, ProofOf(captures));
  return FromEffect(RatioOfPositive(proof.set_ns, proof.single_ns));
}

constexpr std::array<evidence::Method, 4> kSetFormMethods = {{
    {"sql.set_form.rows@1", "Rows of the set form, where they are those of the single calls: equal multisets of tokens",
     RowsOfBoth},
    {"sql.set_form.calls@1", "Single calls with different parameters that one execution of the set form stands for",
     CallsOfProof},
    {"sql.set_form.time@1",
     "Median of the times of one arm, round trips to the clone included; order-statistic interval", TimeOfArm},
    {"sql.set_form.speedup@1", "Hodges-Lehmann ratio of paired times, single calls / set form", SpeedupOfProof},
}};

}  // namespace

std::string EncodeProof(const SetProof& proof) {
  const Json json = {{"format", kSetFormFormat},   {"endpoint", proof.endpoint},
                     {"query", proof.query},       {"text", proof.text},
                     {"kind", proof.kind},         {"statement", proof.statement},
                     {"calls", proof.calls},       {"single_rows", proof.single_rows},
                     {"set_rows", proof.set_rows}, {"single_ns", proof.single_ns},
                     {"set_ns", proof.set_ns}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<SetProof> DecodeProof(std::string_view bytes) {
  return ReadJsonCapture<SetProof>(bytes, kSetFormFormat, "proof of a set form", [](const Json& json) {
    SetProof proof;
    json.at("endpoint").get_to(proof.endpoint);
    json.at("query").get_to(proof.query);
    json.at("text").get_to(proof.text);
    json.at("kind").get_to(proof.kind);
    json.at("statement").get_to(proof.statement);
    json.at("calls").get_to(proof.calls);
    json.at("single_rows").get_to(proof.single_rows);
    json.at("set_rows").get_to(proof.set_rows);
    json.at("single_ns").get_to(proof.single_ns);
    json.at("set_ns").get_to(proof.set_ns);
    return proof;
  });
}

bool HasSameRows(const SetProof& proof) {
  std::vector<std::string> single = proof.single_rows;
  std::vector<std::string> set = proof.set_rows;
  std::ranges::sort(single);
  std::ranges::sort(set);
  return !set.empty() && single == set;
}

bool IsSetProven(const SetProof& proof) {
  if (proof.calls < 2 || !HasSameRows(proof)) return false;
  const stats::Effect effect = RatioOfPositive(proof.single_ns, proof.set_ns);
  return effect.interval && effect.interval->hi <= kMostTimeWith;
}

std::span<const evidence::Method> SetFormMethods() { return kSetFormMethods; }

}  // namespace hone::sql
