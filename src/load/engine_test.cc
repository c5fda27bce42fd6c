#include "load/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <queue>

#include "base/clock.h"
#include "load/capture.h"
#include "load/schedule.h"
#include "load/simulated_transport.h"
#include "load/validity.h"
#include "net/scripted_server.h"

namespace hone::load {
namespace {

using base::Nanos;

LoadPlan Plan(double rate, Nanos duration) {
  LoadPlan plan;
  plan.endpoints = {{.name = "GET /", .variants = {"GET / HTTP/1.1\r\nHost: h\r\n\r\n"}}};
  plan.rate = rate;
  plan.duration = duration;
  plan.arrivals = Arrivals::kConstant;
  return plan;
}

int64_t Ended(const LoadResult& result, Outcome outcome) {
  int64_t sum = 0;
  for (const EndpointCounts& counts : result.counts) sum += counts.ended[static_cast<size_t>(outcome)];
  return sum;
}

// Every arrival of the window has exactly one end.
void ExpectAccounted(const LoadResult& result) {
  for (const EndpointCounts& counts : result.counts) {
    EXPECT_EQ(counts.arrivals, std::accumulate(counts.ended.begin(), counts.ended.end(), int64_t{0}));
  }
}

// A server of any concurrency that takes `service` for a request and stands still in [stop, go): as a stopped process
// does.
struct StoppingServer {
  Nanos service;
  Nanos stop;
  Nanos go;
  Nanos operator()(Nanos now) const {
    if (now >= stop && now < go) return go + service;
    const Nanos done = now + service;
    return now < stop && done > stop ? done + (go - stop) : done;
  }
};

// Response times as they must be: first come, first served, by `connections` connections.
std::vector<Nanos> Truth(const LoadPlan& plan, Nanos start, const StoppingServer& server) {
  std::priority_queue<Nanos, std::vector<Nanos>, std::greater<>> free;
  for (int i = 0; i < plan.connections; ++i) free.push(0);
  std::vector<Nanos> times;
  Schedule schedule(plan, 0, 1);
  while (const auto arrival = schedule.Next()) {
    const Nanos intended = start + arrival->offset;
    const Nanos done = server(std::max(intended, free.top()));
    free.pop();
    free.push(done);
    if (arrival->offset >= plan.warmup) times.push_back(done - intended);
  }
  std::sort(times.begin(), times.end());
  return times;
}

void ExpectTruth(const LoadPlan& plan, Nanos stop_after, Nanos stopped) {
  SimulatedTransport transport(static_cast<uint32_t>(plan.connections), nullptr);
  const Nanos start = transport.Now() + 10 * base::kMillisecond;
  const StoppingServer server{.service = 500'000, .stop = start + stop_after, .go = start + stop_after + stopped};
  transport = SimulatedTransport(static_cast<uint32_t>(plan.connections), server);
  base::Task task;
  const LoadResult result = RunShard(plan, 0, 1, transport, start, task);
  ExpectAccounted(result);
  const auto truth = Truth(plan, start, server);
  const auto measured = Merged(result, Timing::kResponse, Outcome::kOk);
  ASSERT_TRUE(measured);
  ASSERT_EQ(measured->count(), static_cast<int64_t>(truth.size()));
  for (const double quantile : {0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<size_t>(std::ceil(quantile * static_cast<double>(truth.size())));
    const auto bucket = stats::Histogram::BucketAt(stats::Histogram::IndexOf(truth[rank - 1]));
    EXPECT_EQ(measured->ValueAtQuantile(quantile), bucket.hi) << quantile;
  }
  EXPECT_EQ(Judge(result).validity, evidence::Validity::kValid);
}

// The acceptance test for coordinated omission, in simulated time: a server stopped 2 s in 10 s.
TEST(Engine, AStoppedServerCannotHide) {
  LoadPlan plan = Plan(1000, 10 * base::kSecond);
  plan.connections = 3000;
  ExpectTruth(plan, 4 * base::kSecond, 2 * base::kSecond);
}

TEST(Engine, NorBehindFewConnections) {
  LoadPlan plan = Plan(1000, 10 * base::kSecond);
  plan.connections = 4;
  ExpectTruth(plan, 4 * base::kSecond, 2 * base::kSecond);
  plan.arrivals = Arrivals::kPoisson;
  ExpectTruth(plan, 4 * base::kSecond, 2 * base::kSecond);
}

TEST(Engine, TheWarmUpIsInNoResult) {
  LoadPlan plan = Plan(1000, 3 * base::kSecond);
  plan.warmup = 2 * base::kSecond;
  plan.connections = 3000;
  ExpectTruth(plan, 500 * base::kMillisecond, base::kSecond);  // over before the window
}

TEST(Engine, WaitingForAConnectionIsToldApartFromLateness) {
  LoadPlan plan = Plan(1000, base::kSecond);
  plan.connections = 1;
  plan.drain = 100 * base::kSecond;
  SimulatedTransport transport(1, [](Nanos now) { return now + 2 * base::kMillisecond; });
  base::Task task;
  const LoadResult result = RunShard(plan, 0, 1, transport, transport.Now(), task);
  EXPECT_EQ(Ended(result, Outcome::kOk), 1000);
  EXPECT_EQ(result.queued, 999);
  EXPECT_NEAR(static_cast<double>(result.queue_peak), 500, 2);
  EXPECT_EQ(Merged(result, Timing::kLateness, Outcome::kOk)->Max(), 0);
  EXPECT_NEAR(static_cast<double>(Merged(result, Timing::kQueue, Outcome::kOk)->Max()), 999e6, 1e6);
  EXPECT_EQ(Judge(result).validity, evidence::Validity::kValid);
}

TEST(Engine, AGeneratorThatOversleepsIsNamed) {
  LoadPlan plan = Plan(100, 2 * base::kSecond);
  SimulatedTransport transport(32, [](Nanos now) { return now + base::kMillisecond; }, 3 * base::kMillisecond);
  base::Task task;
  const LoadResult result = RunShard(plan, 0, 1, transport, transport.Now() + base::kMillisecond, task);
  EXPECT_NEAR(static_cast<double>(Merged(result, Timing::kLateness, Outcome::kOk)->ValueAtQuantile(0.99)), 3e6, 3e3);
  const Verdict verdict = Judge(result);
  EXPECT_EQ(verdict.validity, evidence::Validity::kGeneratorBound);
  EXPECT_THAT(verdict.reason, testing::HasSubstr("late"));
}

TEST(Engine, AGeneratorWithoutCpuLeftIsNamed) {
  LoadPlan plan = Plan(1000, base::kSecond);
  SimulatedTransport transport(32, [](Nanos now) { return now + base::kMillisecond; });
  transport.set_cpu_per_wait(950'000);
  base::Task task;
  const LoadResult result = RunShard(plan, 0, 1, transport, transport.Now(), task);
  EXPECT_GT(GeneratorCpuShare(result), 0.9);
  EXPECT_EQ(Judge(result).validity, evidence::Validity::kGeneratorBound);
}

TEST(Engine, WhatDoesNotEndIsCensored) {
  LoadPlan plan = Plan(100, base::kSecond);
  plan.connections = 10;
  plan.timeout = 100 * base::kSecond;
  SimulatedTransport transport(10, [](Nanos now) { return now + 1000 * base::kSecond; });
  base::Task task;
  const LoadResult result = RunShard(plan, 0, 1, transport, transport.Now(), task);
  ExpectAccounted(result);
  EXPECT_EQ(Ended(result, Outcome::kCensored), 100);
  EXPECT_EQ(result.queued, 90);
  EXPECT_EQ(Judge(result).validity, evidence::Validity::kTooFew);
}

TEST(Engine, TimeoutsCountFromTheMomentOfSending) {
  LoadPlan plan = Plan(100, base::kSecond);
  plan.connections = 1000;
  plan.timeout = 50 * base::kMillisecond;
  SimulatedTransport transport(1000, [](Nanos now) { return now + 1000 * base::kSecond; });
  base::Task task;
  const LoadResult result = RunShard(plan, 0, 1, transport, transport.Now(), task);
  EXPECT_EQ(Ended(result, Outcome::kTimeout), 100);
  const auto times = Merged(result, Timing::kService, Outcome::kTimeout);
  EXPECT_GE(times->Max(), 50 * base::kMillisecond);
  EXPECT_LE(times->Min(), 50 * base::kMillisecond);
  EXPECT_LE(times->Max(), 51 * base::kMillisecond);
}

TEST(Engine, ACancelledRunGivesWhatItHas) {
  SimulatedTransport transport(8, nullptr);
  base::Task task;
  int requests = 0;
  transport = SimulatedTransport(8, [&](Nanos now) {
    if (++requests == 500) task.Cancel();
    return now + 100'000;
  });
  const LoadResult result = RunShard(Plan(1000, 10 * base::kSecond), 0, 1, transport, transport.Now(), task);
  ExpectAccounted(result);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.counts[0].arrivals, 500);
  EXPECT_LT(result.end - result.start, base::kSecond);
}

TEST(Engine, PlansThatCannotRunAreRefused) {
  base::Task task;
  const LoadPlan good = Plan(100, base::kSecond);
  std::vector<LoadPlan> bad(7, good);
  bad[0].endpoints.clear();
  bad[1].rate = 0;
  bad[2].duration = 0;
  bad[3].connections = 0;
  bad[4].threads = 33;
  bad[5].endpoints[0].variants.clear();
  bad[6].endpoints[0].weight = 0;
  for (const LoadPlan& plan : bad) {
    const auto result = load::Run(plan, task);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, base::Code::kUsage);
  }
}

// Against real sockets: counts, never times.
class EngineSockets : public testing::Test {
 protected:
  static LoadResult Load(const net::ScriptedServer& server, LoadPlan plan) {
    plan.address = server.address();
    base::Task task;
    auto result = load::Run(plan, task);
    EXPECT_TRUE(result) << result.error().what;
    ExpectAccounted(*result);
    return *std::move(result);
  }
  static LoadPlan Short() {
    LoadPlan plan = Plan(2000, 50 * base::kMillisecond);
    plan.connections = 8;
    plan.timeout = plan.drain = 30 * base::kSecond;
    return plan;
  }
  // 100 requests, each answered by a whole response.
  static LoadResult Answers(std::string_view response, bool by_bytes = false) {
    net::ScriptedServer server([&](net::ScriptedPeer& peer) {
      while (!peer.ReadRequest().empty()) by_bytes ? peer.SendByteByByte(response) : peer.Send(response);
    });
    return Load(server, Short());
  }
};

TEST_F(EngineSockets, EveryFramingIsAnAnswer) {
  for (const std::string_view response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    const LoadResult result = Answers(response);
    EXPECT_EQ(Ended(result, Outcome::kOk), 100);
    EXPECT_LE(result.opened, 8);
    EXPECT_EQ(Ended(Answers(response, true), Outcome::kOk), 100);
  }
}

TEST_F(EngineSockets, ClosedAfterEachResponse) {
  for (const std::string_view response :
       {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"}) {
    net::ScriptedServer server([&](net::ScriptedPeer& peer) {
      peer.ReadRequest();
      peer.Send(response);
    });
    const LoadResult result = Load(server, Short());
    EXPECT_EQ(Ended(result, Outcome::kOk), 100);
    EXPECT_EQ(result.opened, 100);
    EXPECT_EQ(server.accepted(), 100);
  }
}

TEST_F(EngineSockets, HeadRequestsHaveNoBody) {
  net::ScriptedServer server([&](net::ScriptedPeer& peer) {
    while (!peer.ReadRequest().empty()) peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  });
  LoadPlan plan = Short();
  plan.endpoints[0].head = true;
  EXPECT_EQ(Ended(Load(server, plan), Outcome::kOk), 100);
}

TEST_F(EngineSockets, UnexpectedStatusesAreToldApart) {
  std::atomic<int> requests = 0;
  net::ScriptedServer server([&](net::ScriptedPeer& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Send(requests++ % 4 == 0 ? "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
                                    : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  const LoadResult result = Load(server, Short());
  EXPECT_EQ(Ended(result, Outcome::kOk), 75);
  EXPECT_EQ(Ended(result, Outcome::kStatus), 25);
  EXPECT_EQ(result.counts[0].statuses, (std::map<int, int64_t>{{200, 75}, {503, 25}}));
  EXPECT_EQ(Merged(result, Timing::kResponse, Outcome::kOk)->count(), 75);
  EXPECT_EQ(Merged(result, Timing::kResponse, Outcome::kStatus)->count(), 25);
}

TEST_F(EngineSockets, FailuresByClass) {
  const auto ended = [](Outcome outcome, net::ScriptedServer::Script script) {
    net::ScriptedServer server(std::move(script));
    return Ended(Load(server, Short()), outcome);
  };
  const auto sends = [](std::string_view bytes) {
    return [bytes](net::ScriptedPeer& peer) {
      peer.ReadRequest();
      peer.Send(bytes);
    };
  };
  EXPECT_EQ(
      ended(Outcome::kReset, [](net::ScriptedPeer& peer) { peer.ReadRequest().empty() ? peer.Close() : peer.Reset(); }),
      100);
  EXPECT_EQ(ended(Outcome::kReset, sends("")), 100);
  EXPECT_EQ(ended(Outcome::kReset, sends("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")), 100);
  EXPECT_EQ(ended(Outcome::kProtocol, sends("220 mail.example.org ESMTP\r\n")), 100);
  EXPECT_EQ(ended(Outcome::kProtocol, sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")), 100);
}

TEST_F(EngineSockets, RefusedAndSilent) {
  net::ScriptedServer gone([](net::ScriptedPeer&) {});
  gone.Stop();
  EXPECT_EQ(Ended(Load(gone, Short()), Outcome::kRefused), 100);

  net::ScriptedServer silent([](net::ScriptedPeer& peer) { peer.AwaitClose(); });
  LoadPlan plan = Short();
  plan.connections = 100;
  plan.timeout = 20 * base::kMillisecond;
  EXPECT_EQ(Ended(Load(silent, plan), Outcome::kTimeout), 100);
}

TEST_F(EngineSockets, ThreadsShareTheSchedule) {
  std::atomic<int> requests = 0;
  net::ScriptedServer server([&](net::ScriptedPeer& peer) {
    while (!peer.ReadRequest().empty()) {
      ++requests;
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  LoadPlan plan = Short();
  plan.threads = 3;
  plan.spin = 20'000;
  const LoadResult result = Load(server, plan);
  EXPECT_EQ(Ended(result, Outcome::kOk), 100);
  EXPECT_EQ(requests, 100);
  EXPECT_EQ(result.threads, 3);
}

}  // namespace
}  // namespace hone::load
