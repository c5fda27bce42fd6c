#include <benchmark/benchmark.h>

#include "sql/recorder.h"
#include "sql/wire.h"
#include "sql/wire_messages.h"

namespace hone::sql {
namespace {

using namespace messages;

// A session past its start-up, and with argument 1 a recording of it.
class BenchedSession {
 public:
  explicit BenchedSession(const benchmark::State& state) : recording_(state.range(0) == 1) {
    recorder_.Start(1, 1'000'000);
    Exchange(Startup(), AuthenticationOk() + Ready());
  }

  void Exchange(const std::string& asked, const std::string& answered) {
    trips_.clear();
    parser_.FromClient(asked, now_++, recording_, trips_);
    parser_.FromServer(answered, now_++, recording_, trips_);
    for (WireTrip& trip : trips_) {
      if (recording_) recorder_.Add(1, std::move(trip));
    }
  }

  // What is recorded would fill the memory.
  void Forget() { recorder_.Take(now_); }

 private:
  bool recording_;
  TextPool texts_ = {};
  WireParser parser_{texts_};
  Recorder recorder_ = {};
  std::vector<WireTrip> trips_ = {};
  base::Nanos now_ = 1;
};

// Asks the same again and again.
void Repeat(benchmark::State& state, BenchedSession& session, const std::string& asked, const std::string& answered,
            int64_t forget_after) {
  int64_t times = 0;
  for (auto _ : state) {
    session.Exchange(asked, answered);
    if (++times % forget_after == 0) session.Forget();
  }
}

// What parsing adds to a prepared query of one row as pgbench sends it, alone and with a recording (argument 1).
void PreparedQuery(benchmark::State& state) {
  BenchedSession session(state);
  session.Exchange(Parse("P0_1", "SELECT abalance FROM pgbench_accounts WHERE aid = $1") + Sync(),
                   ParseComplete() + Ready());
  Repeat(state, session, Bind("P0_1", {"4711"}) + Message('D', "P" + Zero("")) + Execute() + Sync(),
         BindComplete() + RowDescription({23}) + Row({"-1234"}) + Complete("SELECT 1") + Ready(), 50'000);
}
BENCHMARK(PreparedQuery)->ArgName("recording")->Arg(0)->Arg(1);

// The same of 5,000 rows of six columns: a recording keeps some of their values.
void ManyRows(benchmark::State& state) {
  constexpr int64_t kRows = 5000;
  std::string answered = ParseComplete() + BindComplete() + RowDescription({23, 23, 25, 25, 25, 25});
  for (int64_t i = 0; i < kRows; ++i) {
    const std::string id = std::to_string(i);
    answered += Row({id, id, "Grace Hopper", "shipped", "2025-03-01 08:15:00", "12.50"});
  }
  BenchedSession session(state);
  Repeat(state, session,
         Parse("", "SELECT * FROM orders") + Bind("", {}) + Message('D', "P" + Zero("")) + Execute() + Sync(),
         answered + Complete("SELECT 5000") + Ready(), 50);
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(ManyRows)->ArgName("recording")->Arg(0)->Arg(1);

}  // namespace
}  // namespace hone::sql
