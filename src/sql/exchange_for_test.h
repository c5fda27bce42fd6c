// For tests: quiet phases written down as a script of requests and statements.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/exchange.h"

namespace hone::sql {

// Builds a Recording and its windows as a service would cause them. One statement takes `query_ns`, the way to and from
// it `gap_ns`.
class Script {
 public:
  explicit Script(std::string size_variable = "n") {
    phase_.endpoint = "GET /things";
    phase_.size_variable = std::move(size_variable);
  }

  int64_t query_ns = 100'000;
  int64_t gap_ns = 20'000;
  int64_t own_ns = 50'000;  // of logic at the end of each request
  int64_t transport_ns = 40'000;
  int64_t service_cpu_ns = -1;

  void BeginRequest(int64_t size, bool cold = false) {
    Step(1'000'000);
    phase_.requests.push_back({.size = size, .variant = {}, .cold = cold, .ok = true, .status = 200, .start_ns = now_});
    Step(gap_ns);
  }
  void EndRequest() {
    RequestWindow& request = phase_.requests.back();
    Step(own_ns);
    request.first_byte_ns = request.end_ns = now_;
    request.service_cpu_ns = service_cpu_ns;
    request.transport_ns = transport_ns;
    Step(gap_ns);
    request.drained_ns = now_;
  }
  void BeginIdle() {
    Step(1'000'000);
    phase_.idle.push_back({now_, now_});
    Step(1000);
  }
  void EndIdle() {
    Step(1000);
    phase_.idle.back().end_ns = now_;
  }

  // One statement in a round trip of its own: `rows` rows whose first column holds `column`.
  RecordedStatement& Run(const std::string& text, const std::vector<std::string>& parameters = {}, int64_t rows = 1,
                         const std::vector<std::string>& column = {}) {
    BeginTrip();
    RecordedStatement& statement = Add(text, parameters, rows, column);
    EndTrip();
    return statement;
  }
  RecordedStatement& RunSimple(const std::string& text, int64_t rows = 1) {
    RecordedStatement& statement = Run(text, {}, rows);
    statement.protocol = Protocol::kSimple;
    recording_.round_trips.back().kind = TripKind::kSimple;
    return statement;
  }
  // Several statements in one round trip: BeginTrip, Add..., EndTrip.
  void BeginTrip(TripKind kind = TripKind::kExecute) {
    recording_.round_trips.push_back(
        {.connection = connection, .kind = kind, .start_ns = now_, .end_ns = now_, .statements = 0});
  }
  RecordedStatement& Add(const std::string& text, const std::vector<std::string>& parameters = {}, int64_t rows = 1,
                         const std::vector<std::string>& column = {}) {
    RecordedTrip& trip = recording_.round_trips.back();
    ++trip.statements;
    Step(query_ns);
    RecordedStatement statement;
    statement.connection = trip.connection;
    statement.round_trip = static_cast<uint32_t>(recording_.round_trips.size() - 1);
    statement.text = Index(recording_.texts, text);
    statement.protocol = Protocol::kPrepared;
    statement.start_ns = trip.start_ns;
    statement.end_ns = now_;
    statement.rows = rows;
    statement.bytes = 20 * rows;
    for (const std::string& value : parameters) statement.parameters.push_back(Value(value));
    for (const std::string& value : column) statement.cells.push_back({0, Value(value)});
    recording_.statements.push_back(std::move(statement));
    return recording_.statements.back();
  }
  void EndTrip() {
    recording_.round_trips.back().end_ns = now_;
    Step(gap_ns);
  }

  void Step(int64_t ns) { now_ += ns; }
  int64_t now() const { return now_; }
  void set_now(int64_t now) { now_ = now; }
  QuietPhase& phase() { return phase_; }
  Recording& recording() { return recording_; }
  Exchange Build() const { return BuildExchange(recording_, phase_, evidence::Redactor("key")); }

  uint32_t Value(const std::string& value) {
    for (size_t i = 0; i < recording_.values.size(); ++i) {
      if (recording_.values[i].canonical == value) return static_cast<uint32_t>(i);
    }
    recording_.values.push_back({value, true});
    return static_cast<uint32_t>(recording_.values.size() - 1);
  }

  uint32_t connection = 1;

 private:
  static uint32_t Index(std::vector<std::string>& all, const std::string& one) {
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i] == one) return static_cast<uint32_t>(i);
    }
    all.push_back(one);
    return static_cast<uint32_t>(all.size() - 1);
  }

  int64_t now_ = 1'000'000'000;
  Recording recording_ = {.lost = {{"unparsed_bytes", 0}, {"dropped_events", 0}}};
  QuietPhase phase_ = {};
};

}  // namespace hone::sql
