#include "ops/set_lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "ops/array_parameter.h"
#include "ops/plan_lab.h"
#include "ops/trial_pairs.h"
#include "sql/lexer.h"
#include "sql/set_form.h"
#include "sql/thresholds.h"
#include "sql/value.h"

namespace hone::ops {
namespace {

constexpr std::string_view kArrayMissing = "the server knows no array of that type";

using Row = std::vector<std::optional<std::string>>;

struct Type {
  uint32_t oid = 0;
  uint32_t array_oid = 0;
  std::string name = {};
};

uint32_t NumberFrom(const std::optional<std::string>& cell) {
  const std::string text = cell.value_or("");
  uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// A row as bytes: no two different rows have the same.
std::string BytesOf(const Row& row, size_t from, size_t to) {
  std::string bytes;
  for (size_t i = from; i < to && i < row.size(); ++i)
    bytes += row[i] ? fmt::format("{}:{}", row[i]->size(), *row[i]) : std::string("N");
  return bytes;
}

// Compares the forms of one statement with its single calls.
class Comparison {
 public:
  Comparison(pg::Session& session, const sql::LoopSample& sample, const evidence::Redactor& redactor,
             const base::Task& task)
      : session_(session), sample_(sample), redactor_(redactor), task_(task) {}

  // Prepares the single statement and runs its calls once.
  base::Result<void> Begin();
  base::Result<sql::SetProof> Try(const sql::SetForm& form);
  std::vector<std::string> TypeNames() const;

 private:
  base::Result<void> ReadTypes(const std::vector<uint32_t>& oids);
  base::Result<void> ChooseCalls();
  base::Result<std::vector<std::string>> Texts(uint32_t number, const std::vector<pg::Parameter>& values);
  base::Result<std::vector<pg::Parameter>> ParametersOf(const sql::SetForm& form) const;
  // Runs all single calls; their rows with the keys before them, as tokens.
  base::Result<std::vector<std::string>> RunSingles();
  base::Result<void> TimePairs(const std::vector<pg::Parameter>& parameters, sql::SetProof& proof);
  std::vector<std::string> TokensOf(const sql::SetForm& form, const pg::Rows& rows) const;
  std::string Token(const std::string& keys, const std::string& row) const {
    return redactor_.Token("set form\n" + keys + "\n" + row);
  }

  pg::Session& session_;
  const sql::LoopSample& sample_;
  const evidence::Redactor& redactor_;
  const base::Task& task_;
  std::vector<Type> types_;                        // of the parameters
  std::vector<std::vector<pg::Parameter>> calls_;  // with different keys
  std::vector<std::string> keys_;                  // of each, as the server writes them
  std::vector<std::string> single_rows_;
};

base::Result<void> Comparison::ReadTypes(const std::vector<uint32_t>& oids) {
  for (const uint32_t oid : oids) {
    HONE_TRY(const pg::Rows rows,
             session_.Run(fmt::format("SELECT typarray, format_type(oid, -1) FROM pg_type WHERE oid = {}", oid)));
    const uint32_t array = rows.rows.empty() ? 0 : NumberFrom(rows.rows[0].at(0));
    if (array == 0) return base::Fail(base::Code::kInput, std::string(kArrayMissing));
    types_.push_back({oid, array, rows.rows[0].at(1).value_or("")});
  }
  return {};
}

// How the server writes the values of a parameter: what its rows are told apart by.
base::Result<std::vector<std::string>> Comparison::Texts(uint32_t number, const std::vector<pg::Parameter>& values) {
  const Type& type = types_[number - 1];
  const auto array = ArrayOf(values, type.oid, type.array_oid);
  if (!array) return base::Fail(base::Code::kInput, "its values came in different formats");
  HONE_TRY(const pg::Rows rows,
           session_.RunPrivately("SELECT v FROM unnest($1) WITH ORDINALITY AS k (v, n) ORDER BY n", {*array}));
  std::vector<std::string> texts;
  for (const Row& row : rows.rows) texts.push_back(row.at(0).value_or(""));
  if (texts.size() != values.size()) return base::Fail(base::Code::kInput, "its values came back otherwise");
  return texts;
}

// Those whose keys are no NULL and differ as the server writes them.
base::Result<void> Comparison::ChooseCalls() {
  std::vector<std::vector<pg::Parameter>> calls;
  for (const auto& call : sample_.calls) {
    std::vector<pg::Parameter> parameters;
    for (size_t i = 0; i < call->values.size() && i < types_.size(); ++i)
      parameters.push_back({types_[i].oid, sql::FormatOf(call->formats, i), call->values[i]});
    const bool whole = parameters.size() == types_.size() && std::ranges::all_of(sample_.varying, [&](uint32_t number) {
                         return number <= parameters.size() && parameters[number - 1].bytes.has_value();
                       });
    if (whole) calls.push_back(std::move(parameters));
  }
  std::vector<std::string> keys(calls.size());
  for (const uint32_t number : sample_.varying) {
    std::vector<pg::Parameter> values;
    for (const auto& call : calls) values.push_back(call[number - 1]);
    HONE_TRY(const std::vector<std::string> texts, Texts(number, values));
    for (size_t i = 0; i < calls.size(); ++i) keys[i] += fmt::format("{}:{}", texts[i].size(), texts[i]);
  }
  std::set<std::string> known;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (!known.insert(keys[i]).second) continue;
    calls_.push_back(std::move(calls[i]));
    keys_.push_back(std::move(keys[i]));
  }
  return {};
}

base::Result<std::vector<std::string>> Comparison::RunSingles() {
  std::vector<std::string> tokens;
  for (size_t i = 0; i < calls_.size(); ++i) {
    HONE_TRY(const pg::Rows rows, session_.RunPrepared("hone_single", calls_[i]));
    for (const Row& row : rows.rows) tokens.push_back(Token(keys_[i], BytesOf(row, 0, row.size())));
    if (tokens.size() > sql::kMostRowsOfProof) return base::Fail(base::Code::kInput, "too many rows to compare");
  }
  std::ranges::sort(tokens);
  return tokens;
}

base::Result<void> Comparison::Begin() {
  std::vector<uint32_t> oids;
  if (!sample_.calls.empty()) oids = sample_.calls.front()->oids;
  HONE_TRY(const auto types, session_.PreparePrivately("hone_single", sample_.text, oids));
  HONE_CHECK_OK(ReadTypes(types));
  HONE_CHECK_OK(ChooseCalls());
  HONE_TRY(single_rows_, RunSingles());
  return {};
}

std::vector<std::string> Comparison::TypeNames() const {
  std::vector<std::string> names;
  for (const Type& type : types_) names.push_back(type.name);
  return names;
}

base::Result<std::vector<pg::Parameter>> Comparison::ParametersOf(const sql::SetForm& form) const {
  std::vector<pg::Parameter> parameters = calls_.front();
  for (const uint32_t number : form.arrays) {
    std::vector<pg::Parameter> values;
    for (const auto& call : calls_) values.push_back(call[number - 1]);
    const Type& type = types_[number - 1];
    const auto array = ArrayOf(values, type.oid, type.array_oid);
    if (!array) return base::Fail(base::Code::kInput, "its values came in different formats");
    parameters[number - 1] = *array;
  }
  return parameters;
}

std::vector<std::string> Comparison::TokensOf(const sql::SetForm& form, const pg::Rows& rows) const {
  std::vector<std::string> tokens;
  for (const Row& row : rows.rows) {
    const size_t added = form.place == sql::KeyPlace::kFirst ? form.arrays.size() : 0;
    const size_t end = row.size() - (form.place == sql::KeyPlace::kLast ? 1 : 0);
    std::string keys;
    for (size_t i = 0; i < form.arrays.size(); ++i) {
      const size_t column = form.place == sql::KeyPlace::kFirst ? i
                            : form.place == sql::KeyPlace::kOwn ? form.own_column
                                                                : row.size() - 1;
      const std::string key = row[column].value_or("");
      keys += fmt::format("{}:{}", key.size(), key);
    }
    tokens.push_back(Token(keys, BytesOf(row, added, end)));
  }
  std::ranges::sort(tokens);
  return tokens;
}

base::Result<void> Comparison::TimePairs(const std::vector<pg::Parameter>& parameters, sql::SetProof& proof) {
  const auto set = [&] { return session_.RunPrepared("hone_set", parameters); };
  const auto singles = [&]() -> base::Result<void> {
    for (const auto& call : calls_) HONE_CHECK_OK(session_.RunPrepared("hone_single", call));
    return {};
  };
  return TimeInPairs(task_, set, singles, proof.set_ns, proof.single_ns);
}

base::Result<sql::SetProof> Comparison::Try(const sql::SetForm& form) {
  sql::SetProof proof{.kind = form.kind,
                      .statement = sql::Normalize(form.text).text,
                      .calls = std::ssize(calls_),
                      .single_rows = single_rows_};
  if (calls_.size() < 2 || single_rows_.empty()) return proof;
  HONE_TRY(const std::vector<pg::Parameter> parameters, ParametersOf(form));
  std::vector<uint32_t> oids;
  for (const pg::Parameter& parameter : parameters) oids.push_back(parameter.oid);
  HONE_CHECK_OK(session_.PreparePrivately("hone_set", form.text, oids));
  HONE_TRY(const pg::Rows rows, session_.RunPrepared("hone_set", parameters));
  proof.set_rows = TokensOf(form, rows);
  if (sql::HasSameRows(proof)) HONE_CHECK_OK(TimePairs(parameters, proof));
  return proof;
}

// The first proven form, within a transaction that the caller ends.
base::Result<std::optional<sql::SetProof>> FirstProven(pg::Session& session, const sql::LoopSample& sample,
                                                       const evidence::Redactor& redactor, const base::Task& task) {
  Comparison comparison(session, sample, redactor, task);
  HONE_CHECK_OK(comparison.Begin());
  for (const sql::SetForm& form : sql::SetForms(sample.text, sample.varying, comparison.TypeNames())) {
    HONE_CHECK_OK(session.Run("SAVEPOINT hone_form"));
    auto proof = comparison.Try(form);
    if (!proof && proof.error().code == base::Code::kCancelled) return std::unexpected(proof.error());
    if (proof && sql::IsSetProven(*proof)) return std::optional(*std::move(proof));
    HONE_CHECK_OK(session.Run("ROLLBACK TO SAVEPOINT hone_form"));
    (void)session.Run("DEALLOCATE hone_set");  // it may not have come to be
    HONE_CHECK_OK(session.Run("ROLLBACK TO SAVEPOINT hone_form"));
  }
  return std::optional<sql::SetProof>();
}

}  // namespace

base::Result<std::optional<sql::SetProof>> ProveSetForm(pg::Session& session, const sql::LoopSample& sample,
                                                        const evidence::Redactor& redactor, const base::Task& task) {
  HONE_CHECK_OK(task.Check());
  HONE_CHECK_OK(session.Run("BEGIN READ ONLY; SET LOCAL statement_timeout = '10s'; " + std::string(kScanFromTheStart)));
  auto proven = FirstProven(session, sample, redactor, task);
  HONE_CHECK_OK(session.Run("ROLLBACK"));
  HONE_CHECK_OK(session.Run("DEALLOCATE ALL"));
  if (!proven && proven.error().code != base::Code::kCancelled) return std::optional<sql::SetProof>();
  return proven;
}

}  // namespace hone::ops
