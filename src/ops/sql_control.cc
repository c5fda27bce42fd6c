#include "ops/sql_control.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/clock.h"
#include "evidence/redaction.h"
#include "sql/exchange.h"
#include "sql/lexer.h"
#include "sql/whole_run.h"

namespace hone::ops {
namespace {

using Json = nlohmann::ordered_json;

constexpr base::Nanos kQuietWithin =
    5'000 * base::kMillisecond;  // what goes on for longer than that is recorded as it is
constexpr int64_t kMostMs = 60'000;

std::string_view Name(sql::QueryClass query_class) {
  switch (query_class) {
    case sql::QueryClass::kRead:
      return "read";
    case sql::QueryClass::kWrite:
      return "write";
    case sql::QueryClass::kConstant:
      return "constant";
    case sql::QueryClass::kControl:
      return "control";
    case sql::QueryClass::kOther:
      break;
  }
  return "other";
}

bool Counts(const sql::Exchange& exchange, const sql::Statement& statement) {
  return statement.executed && !statement.fetch && !sql::IsEmptyStatement(exchange.queries[statement.query].text);
}

struct OfQuery {
  int64_t statements = 0;
  int64_t rows = 0;
  std::set<uint32_t> trips = {};
};

int64_t MillisecondsOf(const nlohmann::json& command, const char* key) {
  const auto it = command.find(key);
  if (it == command.end() || !it->is_number_integer()) return 0;
  return std::clamp<int64_t>(it->get<int64_t>(), 0, kMostMs);
}

}  // namespace

std::string RecordedLine(const sql::Recording& recording) {
  const sql::Exchange exchange = sql::BuildExchange(recording, sql::WholeRun(recording), evidence::Redactor());
  std::vector<OfQuery> of(exchange.queries.size());
  std::vector<uint32_t> order;
  std::set<uint32_t> trips;
  int64_t statements = 0;
  for (const sql::Statement& statement : exchange.statements) {
    if (!Counts(exchange, statement)) continue;
    OfQuery& query = of[statement.query];
    if (query.statements == 0) order.push_back(statement.query);
    ++statements;
    ++query.statements;
    query.rows += statement.rows;
    if (exchange.round_trips[statement.round_trip].overlapped) continue;
    query.trips.insert(statement.round_trip);
    trips.insert(statement.round_trip);
  }
  int64_t lost = 0;
  for (const auto& [what, count] : exchange.lost) lost += count;
  Json queries = Json::array();
  for (const uint32_t index : order) {
    const sql::Query& query = exchange.queries[index];
    queries.push_back({{"id", query.id},
                       {"text", query.text},
                       {"fingerprint", query.fingerprint},
                       {"class", Name(query.query_class)},
                       {"statements", of[index].statements},
                       {"round_trips", of[index].trips.size()},
                       {"rows", of[index].rows}});
  }
  const Json line = {
      {"recorded",
       {{"statements", statements}, {"round_trips", trips.size()}, {"lost", lost}, {"queries", std::move(queries)}}}};
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

SqlControl::~SqlControl() {
  proxy_->StopHoldEach();
  if (recording_) (void)proxy_->StopRecording();
}

void SqlControl::Answer(const std::string& line) {
  const std::lock_guard lock(saying_);
  say_(line);
}

void SqlControl::Record(base::Nanos hold_ns) {
  proxy_->StartRecording();
  recording_ = true;
  if (hold_ns > 0) {
    proxy_->HoldEach(
        [this](uint32_t connection, const std::vector<std::string>& texts) {
          Json queries = Json::array();
          for (const std::string& text : texts) {
            for (const std::string_view statement : sql::SplitStatements(text))
              queries.push_back(held_.Of(std::string(statement)).query.id);
          }
          Answer(Json{{"held", connection}, {"queries", std::move(queries)}}.dump() + "\n");
        },
        hold_ns);
  }
  Answer("{\"recording\": true}\n");
}

void SqlControl::Obey(std::string_view line) {
  const auto command = nlohmann::json::parse(line, nullptr, false);
  const auto word = command.is_object() ? command.find("do") : command.end();
  const std::string what =
      command.is_object() && word != command.end() && word->is_string() ? word->get<std::string>() : "";
  if (what == "record" && !recording_) {
    Record(MillisecondsOf(command, "hold_ms") * base::kMillisecond);
  } else if (what == "go") {
    const auto held = command.find("held");
    if (held != command.end() && held->is_number_unsigned()) proxy_->LetGo(held->get<uint32_t>());
  } else if (what == "stop" && recording_ && !stopping_) {
    stopping_ = {.quiet_ns = MillisecondsOf(command, "quiet_ms") * base::kMillisecond,
                 .deadline = base::SystemClock().Now() + kQuietWithin};
  } else if (what == "record" || what == "stop") {
    Answer(recording_ ? "{\"error\": \"a recording runs\"}\n" : "{\"error\": \"no recording runs\"}\n");
  } else {
    Answer("{\"error\": \"not a command: record, go and stop are\"}\n");
  }
}

// While it waits, commands must be read: what is held goes on by them.
void SqlControl::TryToStop() {
  const base::Nanos now = base::SystemClock().Now();
  const bool quiet = proxy_->WaitQuiet(stopping_->quiet_ns, now + stopping_->quiet_ns + base::kMillisecond).has_value();
  if (!quiet && now < stopping_->deadline) return;
  stopping_.reset();
  proxy_->StopHoldEach();
  recording_ = false;
  Answer(RecordedLine(proxy_->StopRecording()));
}

base::Result<void> SqlControl::Run(int descriptor, const base::Task& task) {
  constexpr int kPollMs = 100;
  Answer(Json{{"listening", proxy_->address()}, {"control", 1}}.dump() + "\n");
  std::string pending;
  while (!task.cancelled()) {
    pollfd readable{descriptor, POLLIN, 0};
    const int ready = ::poll(&readable, 1, stopping_ ? 0 : kPollMs);
    if (ready > 0) {
      std::array<char, 4096> chunk;
      const ssize_t count = ::read(descriptor, chunk.data(), chunk.size());
      if (count == 0) break;
      if (count < 0 && errno != EINTR && errno != EAGAIN) return base::FailErrno(errno, "Cannot read the commands");
      pending.append(chunk.data(), static_cast<size_t>(std::max<ssize_t>(count, 0)));
      for (size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
        Obey(std::string_view(pending).substr(0, end));
        pending.erase(0, end + 1);
      }
    }
    if (stopping_) TryToStop();
  }
  return {};
}

}  // namespace hone::ops
