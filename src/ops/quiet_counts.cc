// What the quiet phase does for statements that count rows: whether the answers depend on the number, or only on
// whether there are any.
#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "ops/found_places.h"
#include "ops/quiet_phase.h"
#include "ops/sample_parameters.h"
#include "ops/thinned_rows.h"
#include "sql/existence.h"
#include "sql/thresholds.h"
#include "sql/value.h"

namespace hone::ops {
namespace {

// Of the choice of the row that stays.
constexpr uint64_t kSeed = 1;

// What an execution counts, with how many there are. Empty: the server does not say.
std::optional<sql::LoopSource> RowsBehind(const pg::Cluster& cluster, std::string_view database,
                                          const sql::LoopSource& read) {
  auto rows = sql::CountedRows(read.statement.text);
  auto session = OpenUnseen(cluster, database);
  if (!rows || !session) return std::nullopt;
  const auto count = session->RunPrivately(read.statement.text, ParametersOf(read.statement));
  if (!count || count->rows.size() != 1 || !count->rows[0].at(0)) return std::nullopt;
  const std::string& digits = *count->rows[0][0];
  sql::LoopSource counted{.statement = read.statement};
  counted.statement.text = *std::move(rows);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), counted.rows);
  if (parsed.ec != std::errc()) return std::nullopt;
  return counted;
}

// Whether an answer shows the number: then it needs no trial.
bool ShowsNumber(std::string_view body, int64_t number) {
  const std::string digits = std::to_string(number);
  for (size_t at = body.find(digits); at != std::string_view::npos; at = body.find(digits, at + 1)) {
    const size_t end = at + digits.size();
    if ((at == 0 || !base::IsDigit(body[at - 1])) && (end == body.size() || !base::IsDigit(body[end]))) return true;
  }
  return false;
}

// Whether another statement got the number: then it may decide there.
bool IsAskedWith(const sql::StatementSample& statement, int64_t number) {
  if (!statement.bind) return false;
  const std::string digits = std::to_string(number);
  return std::ranges::any_of(ParametersOf(statement), [&](const pg::Parameter& parameter) {
    return sql::Canonical(parameter.oid, parameter.format, parameter.bytes).canonical == digits;
  });
}

using Table = std::vector<std::vector<std::optional<std::string>>>;

// What each of them returns now. Empty where the server refuses one.
std::optional<std::vector<Table>> RowsOf(const pg::Cluster& cluster, std::string_view database,
                                         const std::vector<sql::StatementSample>& reads) {
  auto session = OpenUnseen(cluster, database);
  if (!session) return std::nullopt;
  std::vector<Table> all;
  for (const sql::StatementSample& read : reads) {
    auto rows = session->RunPrivately(read.text, ParametersOf(read));
    if (!rows) return std::nullopt;
    all.push_back(std::move(rows->rows));
  }
  return all;
}

}  // namespace

base::Result<bool> QuietRun::DecidesByExistence(const Large& large, size_t execution, const sql::LoopSource& counted) {
  const pg::Cluster& cluster = *rig_.cluster();
  const std::string database = rig_.database_name();
  HONE_TRY(const auto steadily, AskTwice(large, execution));
  if (!steadily || !steadily->brought.knows_others || ShowsNumber(steadily->brought.body, counted.rows)) return false;
  const std::vector<sql::StatementSample>& others = steadily->brought.others;
  if (std::ranges::any_of(others, [&](const auto& other) { return IsAskedWith(other, counted.rows); })) return false;
  const auto others_before = RowsOf(cluster, database, others);
  auto rows = ThinnedRows::Find(cluster, database, counted);
  if (!others_before || !rows || !*rows) return false;
  bool decides = false;
  if (const auto one_left = (*rows)->Keep(1, kSeed); one_left && *one_left) {
    HONE_TRY(const Brought with_one, AskFor(large, execution));
    const bool same = with_one.rows == 1 && steadily->IsLike(with_one);
    if (const auto none_left = same ? (*rows)->KeepOfAll(0) : false; none_left && *none_left) {
      HONE_TRY(const Brought with_none, AskFor(large, execution));
      // What else is read must not be what decides.
      decides = !steadily->IsLike(with_none) && RowsOf(cluster, database, others) == others_before;
    }
  }
  rows->reset();  // its session is in the way
  HONE_CHECK_OK(StartAfresh(Rig::Before::kAltered));
  return decides;
}

// With the sets of values by which the most is counted.
base::Result<void> QuietRun::TryCounts(const Large& large, base::Nanos until) {
  std::vector<std::pair<size_t, sql::LoopSource>> much;  // executions, and what they count
  for (size_t execution = 0; execution < large.read.executions.size(); ++execution) {
    if (task_.clock().Now() >= until) return {};
    auto counted = RowsBehind(*rig_.cluster(), rig_.database_name(), large.read.executions[execution].read);
    if (!counted) return {};
    if (static_cast<double>(counted->rows) >= sql::kLeastUnusedRows) much.emplace_back(execution, *std::move(counted));
  }
  std::ranges::stable_sort(much, std::greater(), [](const auto& each) { return each.second.rows; });
  if (much.size() > sql::kMostTriedValues) much.resize(sql::kMostTriedValues);
  Untimed<sql::ExistenceProof> found;
  for (const auto& [execution, counted] : much) {
    if (task_.clock().Now() >= until) return {};
    HONE_TRY(const bool decides, DecidesByExistence(large, execution, counted));
    if (!decides) return {};
    if (found.proof.answers++ > 0) continue;
    found.proof.counted = counted.rows;
    found.sample = large.read.executions[execution].read.statement;
  }
  if (found.proof.answers == 0) return {};
  QuietEndpoint& endpoint = quiet_.endpoints[large.endpoint];
  const sql::Query& query = endpoint.exchange.queries[large.read.query];
  found.proof.endpoint = endpoint.endpoint;
  found.proof.query = query.id;
  found.proof.text = query.text;
  endpoint.counts.push_back(std::move(found));
  return {};
}

}  // namespace hone::ops
