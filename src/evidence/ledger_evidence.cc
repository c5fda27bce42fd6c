// The ledger's captures and measurements: values to rows and back.
#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "evidence/json.h"
#include "evidence/ledger.h"
#include "evidence/ledger_state.h"

namespace hone::evidence {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using store::Statement;
using store::Transaction;
using store::Value;

constexpr std::string_view kCaptureColumns =
    "SELECT id, run, kind, blob, bytes, service, endpoint, function, query, phase, start_ns, end_ns, rate, "
    "through_proxy, "
    "profiler_on, versions, parameters, lost FROM captures ";
constexpr std::string_view kMeasurementColumns =
    "SELECT id, metric, service, endpoint, function, query, unit, value, lo, hi, level, n, n_of, method, seed, "
    "parameters, "
    "validity FROM measurements ";

// What the blobs in memory may take together; captures are a few MB, and all of hone stays under 150 MB.
constexpr size_t kRecentBytes = 4 << 20;

template <typename T>
Result<T> Known(std::optional<T> value) {
  if (!value) return Fail(Code::kCorrupt, "The ledger holds a word that this hone does not know");
  return *value;
}

Result<Capture> CaptureOf(const Statement& row) {
  Capture capture{.id = row.Int(0),
                  .run = row.Int(1),
                  .kind = row.Text(2),
                  .blob = row.Text(3),
                  .bytes = static_cast<uint64_t>(row.Int(4)),
                  .scope = {row.Text(5), row.Text(6), row.Text(7), row.Text(8)}};
  HONE_TRY(capture.phase, Known(PhaseNamed(row.Text(9))));
  capture.start_ns = row.Int(10);
  capture.end_ns = row.Int(11);
  capture.rate = row.Real(12);
  capture.through_proxy = row.Int(13) != 0;
  capture.profiler_on = row.Int(14) != 0;
  HONE_TRY(capture.versions, ParseMap(row.Text(15)));
  HONE_TRY(capture.parameters, ParseMap(row.Text(16)));
  HONE_TRY(capture.lost, ParseCounters(row.Text(17)));
  return capture;
}

Result<Measurement> MeasurementOf(store::Database& database, const Statement& row) {
  Measurement measurement{.id = row.Int(0),
                          .metric = row.Text(1),
                          .scope = {row.Text(2), row.Text(3), row.Text(4), row.Text(5)},
                          .unit = row.Text(6),
                          .value = row.Real(7),
                          .n = row.Int(11),
                          .n_of = row.Text(12),
                          .method = row.Text(13),
                          .seed = std::bit_cast<uint64_t>(row.Int(14))};
  if (!row.IsNull(8)) measurement.interval = Interval{row.Real(8), row.Real(9), row.Real(10)};
  HONE_TRY(measurement.parameters, ParseMap(row.Text(15)));
  HONE_TRY(measurement.validity, Known(ValidityNamed(row.Text(16))));
  HONE_TRY(Statement captures,
           database.Query("SELECT capture FROM measurement_captures WHERE measurement = ? ORDER BY position",
                          {measurement.id}));
  for (;;) {
    HONE_TRY(const bool more, captures.Step());
    if (!more) return measurement;
    measurement.captures.push_back(captures.Int(0));
  }
}

std::unexpected<base::Error> NoMeasurement(MeasurementId id) {
  return Fail(Code::kNotFound, "The ledger has no such measurement (any more)", IdText('m', id));
}

bool IsFinite(const Measurement& measurement) {
  const auto& interval = measurement.interval;
  return std::isfinite(measurement.value) &&
         (!interval || (std::isfinite(interval->lo) && std::isfinite(interval->hi) && std::isfinite(interval->level)));
}

Result<void> InsertMeasurement(store::Database& database, int64_t run, const Measurement& m) {
  const auto end = [&](double Interval::* part) { return m.interval ? Value(*m.interval.*part) : Value(nullptr); };
  return database.Run(
      "INSERT INTO measurements (run, metric, service, endpoint, function, query, unit, value, lo, hi, level, n, n_of, "
      "method, seed, "
      "parameters, validity) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {run, m.metric, m.scope.service, m.scope.endpoint, m.scope.function, m.scope.query, m.unit, m.value,
       end(&Interval::lo), end(&Interval::hi), end(&Interval::level), m.n, m.n_of, m.method,
       std::bit_cast<int64_t>(m.seed), MapText(m.parameters), Name(m.validity)});
}

Result<void> InsertCapture(store::Database& database, const Capture& c) {
  return database.Run(
      "INSERT INTO captures (run, kind, blob, bytes, service, endpoint, function, query, phase, start_ns, end_ns, "
      "rate, through_proxy, "
      "profiler_on, versions, parameters, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {c.run, c.kind, c.blob, static_cast<int64_t>(c.bytes), c.scope.service, c.scope.endpoint, c.scope.function,
       c.scope.query, Name(c.phase), c.start_ns, c.end_ns, c.rate, int64_t{c.through_proxy}, int64_t{c.profiler_on},
       MapText(c.versions), MapText(c.parameters), MapText(c.lost)});
}

}  // namespace

Result<Capture> Ledger::AddCapture(Capture capture, std::string_view bytes) {
  capture.blob = base::Sha256Hex(bytes);
  capture.bytes = bytes.size();
  HONE_TRY(const std::string compressed, BlobFolder::Compress(bytes));
  HONE_TRY(Transaction transaction, Transaction::Begin(state_->database));
  // The file before the row: whatever a row names is there, also if this process dies between the two.
  if (!state_->blobs.Has(capture.blob)) HONE_CHECK_OK(state_->blobs.Put(capture.blob, compressed));
  HONE_CHECK_OK(state_->database.Run(
      "INSERT OR IGNORE INTO blobs VALUES (?, ?, ?)",
      {capture.blob, static_cast<int64_t>(bytes.size()), static_cast<int64_t>(compressed.size())}));
  HONE_CHECK_OK(InsertCapture(state_->database, capture));
  capture.id = state_->database.last_insert_id();
  HONE_CHECK_OK(transaction.Commit());
  return capture;
}

Result<Capture> Ledger::ReadCapture(CaptureId id) const {
  HONE_TRY(Statement rows, state_->database.Query(std::string(kCaptureColumns) + "WHERE id = ?", {id}));
  HONE_TRY(const bool row, rows.Step());
  if (!row) return Fail(Code::kNotFound, "The ledger has no such capture (any more)", IdText('c', id));
  return CaptureOf(rows);
}

Result<std::vector<Capture>> Ledger::Captures(int64_t run) const {
  HONE_TRY(Statement rows, state_->database.Query(std::string(kCaptureColumns) + "WHERE run = ? ORDER BY id", {run}));
  std::vector<Capture> captures;
  for (;;) {
    HONE_TRY(const bool row, rows.Step());
    if (!row) return captures;
    HONE_TRY(captures.emplace_back(), CaptureOf(rows));
  }
}

Result<std::shared_ptr<const std::string>> Ledger::ReadBlob(const std::string& sha256) const {
  auto& recent = state_->recent;
  const auto known = std::ranges::find_if(recent, [&](const auto& one) { return one.first == sha256; });
  if (known != recent.end()) {
    std::rotate(known, known + 1, recent.end());
    return recent.back().second;
  }
  HONE_TRY(Statement rows, state_->database.Query("SELECT bytes FROM blobs WHERE sha256 = ?", {sha256}));
  HONE_TRY(const bool row, rows.Step());
  if (!row) return Fail(Code::kNotFound, "The bytes of a capture are not in the ledger any more", "sha256:" + sha256);
  HONE_TRY(std::string bytes, state_->blobs.Get(sha256, static_cast<uint64_t>(rows.Int(0))));
  recent.emplace_back(sha256, std::make_shared<const std::string>(std::move(bytes)));
  std::shared_ptr<const std::string> answer = recent.back().second;
  size_t held = 0;
  for (const auto& [name, blob] : recent) held += blob->size();
  while (held > kRecentBytes) {
    held -= recent.front().second->size();
    recent.erase(recent.begin());
  }
  return answer;
}

Result<Measurement> Ledger::AddMeasurement(int64_t run, Measurement measurement) {
  if (!IsFinite(measurement)) return Fail(Code::kInput, "A measurement must be a finite number", measurement.metric);
  HONE_TRY(Transaction transaction, Transaction::Begin(state_->database));
  HONE_CHECK_OK(InsertMeasurement(state_->database, run, measurement));
  measurement.id = state_->database.last_insert_id();
  int64_t position = 0;
  for (const CaptureId capture : measurement.captures) {
    HONE_CHECK_OK(ReadCapture(capture));
    HONE_CHECK_OK(state_->database.Run("INSERT INTO measurement_captures VALUES (?, ?, ?)",
                                       {measurement.id, position++, capture}));
  }
  HONE_CHECK_OK(transaction.Commit());
  return measurement;
}

Result<Measurement> Ledger::ReadMeasurement(MeasurementId id) const {
  HONE_TRY(Statement rows, state_->database.Query(std::string(kMeasurementColumns) + "WHERE id = ?", {id}));
  HONE_TRY(const bool row, rows.Step());
  if (!row) return NoMeasurement(id);
  return MeasurementOf(state_->database, rows);
}

Result<int64_t> Ledger::RunOfMeasurement(MeasurementId id) const {
  HONE_TRY(Statement rows, state_->database.Query("SELECT run FROM measurements WHERE id = ?", {id}));
  HONE_TRY(const bool row, rows.Step());
  if (!row) return NoMeasurement(id);
  return rows.Int(0);
}

Result<std::vector<Measurement>> Ledger::Measurements(int64_t run) const {
  HONE_TRY(Statement rows,
           state_->database.Query(std::string(kMeasurementColumns) + "WHERE run = ? ORDER BY id", {run}));
  std::vector<Measurement> measurements;
  for (;;) {
    HONE_TRY(const bool row, rows.Step());
    if (!row) return measurements;
    HONE_TRY(measurements.emplace_back(), MeasurementOf(state_->database, rows));
  }
}

}  // namespace hone::evidence
