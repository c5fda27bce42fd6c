#include <benchmark/benchmark.h>

#include "sql/recorder.h"
#include "sql/wire.h"
#include "sql/wire_messages.h"

namespace hone::sql {
namespace {

using namespace messages;

// What parsing adds to a prepared query of one row as pgbench sends it, alone and with a recording (argument 1).
void PreparedQuery(benchmark::State& state) {
  const bool recording = state.range(0) == 1;
  TextPool texts;
  WireParser parser(texts);
  Recorder recorder;
  recorder.Start(1, 1'000'000);
  std::vector<WireTrip> trips;
  parser.FromClient(Startup(), 1, recording, trips);
  parser.FromServer(AuthenticationOk() + Ready(), 1, recording, trips);
  parser.FromClient(Parse("P0_1", "SELECT abalance FROM pgbench_accounts WHERE aid = $1") + Sync(), 1, recording,
                    trips);
  parser.FromServer(ParseComplete() + Ready(), 1, recording, trips);
  const std::string asked = Bind("P0_1", {"4711"}) + Message('D', "P" + Zero("")) + Execute() + Sync();
  const std::string answered = BindComplete() + RowDescription({23}) + Row({"-1234"}) + Complete("SELECT 1") + Ready();
  base::Nanos now = 2;
  for (auto _ : state) {
    trips.clear();
    parser.FromClient(asked, now++, recording, trips);
    parser.FromServer(answered, now++, recording, trips);
    for (WireTrip& trip : trips) {
      if (recording) recorder.Add(1, std::move(trip));
    }
    if (now % 100'000 == 0) recorder.Take(now);
  }
}
BENCHMARK(PreparedQuery)->ArgName("recording")->Arg(0)->Arg(1);

// The same of 5,000 rows of six columns: a recording keeps some of their values.
void ManyRows(benchmark::State& state) {
  constexpr int64_t kRows = 5000;
  const bool recording = state.range(0) == 1;
  TextPool texts;
  WireParser parser(texts);
  Recorder recorder;
  recorder.Start(1, 1'000'000);
  std::vector<WireTrip> trips;
  parser.FromClient(Startup(), 1, recording, trips);
  parser.FromServer(AuthenticationOk() + Ready(), 1, recording, trips);
  const std::string asked =
      Parse("", "SELECT * FROM orders") + Bind("", {}) + Message('D', "P" + Zero("")) + Execute() + Sync();
  std::string answered = ParseComplete() + BindComplete() + RowDescription({23, 23, 25, 25, 25, 25});
  for (int64_t i = 0; i < kRows; ++i) {
    const std::string id = std::to_string(i);
    answered += Row({id, id, "Grace Hopper", "shipped", "2025-03-01 08:15:00", "12.50"});
  }
  answered += Complete("SELECT 5000") + Ready();
  base::Nanos now = 2;
  for (auto _ : state) {
    trips.clear();
    parser.FromClient(asked, now++, recording, trips);
    parser.FromServer(answered, now++, recording, trips);
    for (WireTrip& trip : trips) {
      if (recording) recorder.Add(1, std::move(trip));
    }
    if (now % 100 == 0) recorder.Take(now);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(ManyRows)->ArgName("recording")->Arg(0)->Arg(1);

}  // namespace
}  // namespace hone::sql
