#include "profile/methods.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/units.h"
#include "profile/growth.h"
#include "profile/thresholds.h"
#include "stats/proportion.h"

namespace hone::profile {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::CaptureBytes;
using evidence::Computed;
using evidence::Interval;
using evidence::Parameters;
using evidence::Validity;
using golang::SymbolSet;

std::string_view Find(const Parameters& parameters, const std::string& key) {
  const auto found = parameters.find(key);
  return found == parameters.end() ? std::string_view{} : std::string_view(found->second);
}

double Number(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::isfinite(value) && value > 0 ? value : 0;
}

Result<Query> ReadQuery(const Parameters& parameters) {
  Query query;
  const std::string_view stacks = Find(parameters, "stacks");
  if (stacks == "requests") {
    query.stacks = Stacks::kRequests;
  } else if (stacks == "handler") {
    query.stacks = Stacks::kHandler;
  } else if (!stacks.empty() && stacks != "all") {
    return Fail(Code::kInput, "no such choice of stacks", std::string(stacks));
  }
  query.handler = Find(parameters, "handler");
  if (const std::string_view set = Find(parameters, "set"); !set.empty()) {
    query.set = golang::SymbolSetByName(set);
    if (!query.set) return Fail(Code::kInput, "no such set of symbols", std::string(set));
  }
  query.function = Find(parameters, "function");
  query.line = static_cast<int64_t>(Number(Find(parameters, "line")));
  query.caused = Find(parameters, "caused") == "1";
  query.own = Find(parameters, "own") == "1";
  return query;
}

std::vector<golang::Module> ReadModules(const Parameters& parameters) {
  std::vector<golang::Module> modules;
  std::string_view rest = Find(parameters, "modules");
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    modules.push_back({std::string(rest.substr(0, comma)), ""});
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return modules;
}

// The decoded captures of one question. `before` is absent where one cumulative profile counts from the program's
// start.
struct Input {
  Query query = {};
  Query whole = {};  // only its stacks: the denominator
  WindowFacts facts = {};
  std::optional<Profile> before = {};
  Profile after = {};
  std::optional<Stacked> stacked_before = {};
  std::optional<Stacked> stacked = {};

  const Stacked* earlier() const { return stacked_before ? &*stacked_before : nullptr; }
};

// Fills `input` in place: the stacked views refer to its profiles.
Result<void> Read(std::span<const CaptureBytes> captures, const Parameters& parameters, std::string_view kind,
                  Input& input) {
  const size_t most = kind == "pprof.cpu" ? 1 : 2;
  if (captures.empty() || captures.size() > most)
    return Fail(Code::kInput, "a method over profiles was given a wrong number of captures");
  for (const CaptureBytes& capture : captures) {
    if (capture.capture->kind != kind)
      return Fail(Code::kInput, "a method over profiles was given another kind of capture", capture.capture->kind);
  }
  HONE_TRY(input.query, ReadQuery(parameters));
  input.whole.stacks = input.query.stacks;
  input.whole.handler = input.query.handler;
  input.facts = FactsOf(*captures.back().capture);
  HONE_TRY(input.after, Decode(captures.back().bytes));
  const std::vector<golang::Module> modules = ReadModules(parameters);
  input.stacked.emplace(input.after, modules, input.query.handler);
  if (captures.size() == 2) {
    HONE_TRY(input.before, Decode(captures.front().bytes));
    input.stacked_before.emplace(*input.before, modules, input.query.handler);
  }
  return {};
}

Interval Scaled(double value, double n) { return PoissonInterval(value, n); }

Validity Enough(double samples) { return samples < kLeastSamples ? Validity::kTooFew : Validity::kValid; }

int64_t Rounded(double value) { return static_cast<int64_t>(std::llround(std::min(value, 9e15))); }

// CPU samples and time of a query, and the samples of its stacks as a whole.
struct CpuTotals {
  int64_t samples = 0;
  int64_t whole = 0;
  double ns = 0;
  WindowFacts facts = {};
};

Result<CpuTotals> ReadCpu(std::span<const CaptureBytes> captures, const Parameters& parameters) {
  Input input;
  HONE_CHECK_OK(Read(captures, parameters, "pprof.cpu", input));
  const auto samples = input.after.Type("samples");
  const auto cpu = input.after.Type("cpu");
  if (!samples || !cpu) return Fail(Code::kInput, "this is not a CPU profile");
  return CpuTotals{Sum(*input.stacked, *samples, input.query), Sum(*input.stacked, *samples, input.whole),
                   static_cast<double>(Sum(*input.stacked, *cpu, input.query)), input.facts};
}

std::unexpected<base::Error> NoRequests() {
  return Fail(Code::kInput, "the capture does not tell how many requests were answered in its window");
}

Result<Computed> CpuUtilisation(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  Input input;
  HONE_CHECK_OK(Read(captures, parameters, "pprof.cpu", input));
  const auto samples = input.after.Type("samples");
  if (!samples || !input.after.Type("cpu")) return Fail(Code::kInput, "this is not a CPU profile");
  const int64_t n = Sum(*input.stacked, *samples, {});
  const double value = Utilisation(input.after, input.facts);
  return Computed{value, Scaled(value, static_cast<double>(n)), n, "samples", Validity::kValid};
}

Result<Computed> CpuShare(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const CpuTotals totals, ReadCpu(captures, parameters));
  const double share = totals.whole > 0 ? static_cast<double>(totals.samples) / static_cast<double>(totals.whole) : 0;
  const std::string_view stacks = Find(parameters, "stacks");
  return Computed{share, evidence::ForRecord(stats::WilsonInterval(totals.samples, totals.whole)), totals.whole,
                  stacks.empty() || stacks == "all" ? "samples of the program" : "samples of the endpoint",
                  Enough(static_cast<double>(totals.whole))};
}

// A share as the factor by which all gets faster where the share costs nothing any more (Amdahl).
Computed Speedup(Computed share) {
  static constexpr double kMost = 0.999;  // a share of 1 has no finite ceiling
  const auto factor = [](double s) { return 1 / (1 - std::min(s, kMost)); };
  share.interval = Interval{factor(share.interval->lo), factor(share.interval->hi), share.interval->level};
  share.value = factor(share.value);
  return share;
}

Result<Computed> CpuCeiling(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t seed) {
  HONE_TRY(const Computed share, CpuShare(captures, parameters, seed));
  return Speedup(share);
}

Result<Computed> CpuSamples(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const CpuTotals totals, ReadCpu(captures, parameters));
  return Computed{static_cast<double>(totals.samples), std::nullopt, totals.samples, "samples", Validity::kValid};
}

Result<Computed> CpuPerRequest(std::span<const CaptureBytes> captures, const Parameters& parameters, double scale) {
  HONE_TRY(const CpuTotals totals, ReadCpu(captures, parameters));
  if (totals.facts.requests <= 0) return NoRequests();
  const double value = totals.ns * scale / totals.facts.requests;
  return Computed{value, Scaled(value, static_cast<double>(totals.samples)), totals.whole, "samples of the endpoint",
                  Enough(static_cast<double>(totals.whole))};
}

Result<Computed> CpuSecondsPer1000(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  return CpuPerRequest(captures, parameters, 1e-6);
}

Result<Computed> CpuNsPerRequest(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  return CpuPerRequest(captures, parameters, 1);
}

Result<Computed> GcShare(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  Input input;
  HONE_CHECK_OK(Read(captures, parameters, "pprof.cpu", input));
  if (input.after.kind() != Kind::kCpu) return Fail(Code::kInput, "this is not a CPU profile");
  const GcTotals totals = GcSamples(*input.stacked);
  const double share = totals.total > 0 ? static_cast<double>(totals.gc) / static_cast<double>(totals.total) : 0;
  return Computed{share, evidence::ForRecord(stats::WilsonInterval(totals.gc, totals.total)), totals.total,
                  "samples of the program", Enough(static_cast<double>(totals.total))};
}

Result<Computed> GcSecondsPer1000(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  Input input;
  HONE_CHECK_OK(Read(captures, parameters, "pprof.cpu", input));
  if (input.after.kind() != Kind::kCpu) return Fail(Code::kInput, "this is not a CPU profile");
  if (input.facts.requests <= 0) return NoRequests();
  const GcTotals totals = GcSamples(*input.stacked);
  const double value = totals.gc_ns * 1e-6 / input.facts.requests;
  return Computed{value, Scaled(value, static_cast<double>(totals.gc)), totals.total, "samples of the program",
                  Enough(static_cast<double>(totals.total))};
}

Result<Computed> GcCeiling(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t seed) {
  HONE_TRY(const Computed share, GcShare(captures, parameters, seed));
  return Speedup(share);
}

struct AllocAnswer {
  AllocTotals part = {};
  AllocTotals whole = {};
  WindowFacts facts = {};
};

Result<AllocAnswer> ReadAllocs(std::span<const CaptureBytes> captures, const Parameters& parameters) {
  Input input;
  HONE_CHECK_OK(Read(captures, parameters, "pprof.allocs", input));
  const auto is_heap = [](const Profile& profile) { return profile.kind() == Kind::kHeap; };
  if (!is_heap(input.after) || (input.before && !is_heap(*input.before)))
    return Fail(Code::kInput, "this is not a heap profile");
  return AllocAnswer{AllocatedBetween(input.earlier(), *input.stacked, input.query),
                     AllocatedBetween(input.earlier(), *input.stacked, input.whole), input.facts};
}

Computed FromAllocs(double value, double samples, const AllocAnswer& answer) {
  return {value, Scaled(value, samples), Rounded(answer.whole.samples), "sampled allocations",
          Enough(answer.whole.samples)};
}

Result<Computed> AllocBytesPerRequest(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const AllocAnswer answer, ReadAllocs(captures, parameters));
  if (answer.facts.requests <= 0) return NoRequests();
  return FromAllocs(answer.part.bytes / answer.facts.requests, answer.part.samples, answer);
}

Result<Computed> AllocObjectsPerRequest(std::span<const CaptureBytes> captures, const Parameters& parameters,
                                        uint64_t) {
  HONE_TRY(const AllocAnswer answer, ReadAllocs(captures, parameters));
  if (answer.facts.requests <= 0) return NoRequests();
  return FromAllocs(answer.part.objects / answer.facts.requests, answer.part.object_samples, answer);
}

Result<Computed> AllocBytes(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const AllocAnswer answer, ReadAllocs(captures, parameters));
  return FromAllocs(answer.part.bytes, answer.part.samples, answer);
}

Result<Computed> AllocShare(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const AllocAnswer answer, ReadAllocs(captures, parameters));
  const double share = answer.whole.bytes > 0 ? answer.part.bytes / answer.whole.bytes : 0;
  const int64_t n = Rounded(answer.whole.samples);
  const int64_t hits = std::clamp<int64_t>(Rounded(share * static_cast<double>(n)), 0, n);
  return Computed{share, evidence::ForRecord(stats::WilsonInterval(hits, n)), n, "sampled allocations",
                  Enough(answer.whole.samples)};
}

struct LockAnswer {
  LockTotals part = {};
  LockTotals whole = {};
  WindowFacts facts = {};
};

Result<LockAnswer> ReadLocks(std::span<const CaptureBytes> captures, const Parameters& parameters) {
  Input input;
  HONE_CHECK_OK(Read(captures, parameters, "pprof.mutex", input));
  const auto is_contention = [](const Profile& profile) { return profile.kind() == Kind::kContention; };
  if (!is_contention(input.after) || (input.before && !is_contention(*input.before)))
    return Fail(Code::kInput, "this is not a mutex profile");
  return LockAnswer{WaitedBetween(input.earlier(), *input.stacked, input.query, input.facts.mutex_fraction),
                    WaitedBetween(input.earlier(), *input.stacked, input.whole, input.facts.mutex_fraction),
                    input.facts};
}

Computed FromLocks(double value, const LockAnswer& answer) {
  return {value, Scaled(value, answer.part.sampled), Rounded(answer.whole.sampled), "sampled contentions",
          answer.whole.sampled < kLeastContentions ? Validity::kTooFew : Validity::kValid};
}

Result<Computed> LockWaitPerRequest(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const LockAnswer answer, ReadLocks(captures, parameters));
  if (answer.facts.requests <= 0) return NoRequests();
  return FromLocks(answer.part.wait_ns / answer.facts.requests, answer);
}

Result<Computed> LockWait(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const LockAnswer answer, ReadLocks(captures, parameters));
  return FromLocks(answer.part.wait_ns, answer);
}

Result<Computed> LockShare(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const LockAnswer answer, ReadLocks(captures, parameters));
  Computed share = FromLocks(answer.whole.wait_ns > 0 ? answer.part.wait_ns / answer.whole.wait_ns : 0, answer);
  share.interval = std::nullopt;  // its parts share their errors
  return share;
}

// What remains of an owner's, `per` so many requests.
Result<Computed> Remaining(std::span<const CaptureBytes> captures, const Parameters& parameters, Remains what,
                           double per) {
  const bool heap = what == Remains::kMemory;
  Input input;
  HONE_CHECK_OK(Read(captures, parameters, heap ? "pprof.allocs" : "pprof.goroutine", input));
  if (!input.before) return Fail(Code::kInput, "what remains is told by two profiles");
  const Kind kind = heap ? Kind::kHeap : Kind::kGoroutine;
  if (input.before->kind() != kind || input.after.kind() != kind)
    return Fail(Code::kInput, heap ? "this is not a heap profile" : "this is not a goroutine profile");
  if (input.facts.requests <= 0) return NoRequests();
  const Growth growth = GrowthBetween(what, *input.stacked_before, *input.stacked, Find(parameters, "owner"));
  const double value = growth.value * per / input.facts.requests;
  const double least = heap ? kLeastRetained : kLeastLeaked;
  const auto interval = growth.samples > 0 ? std::optional(Scaled(value, growth.samples)) : std::nullopt;
  return Computed{value, interval, Rounded(growth.samples), heap ? "sampled objects" : "goroutines",
                  growth.samples < least ? Validity::kTooFew : Validity::kValid};
}

Result<Computed> RetainedPerRequest(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  return Remaining(captures, parameters, Remains::kMemory, 1);
}

Result<Computed> GoroutinesPer1000(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  return Remaining(captures, parameters, Remains::kGoroutines, 1000);
}

Result<Computed> StackBytesPerRequest(std::span<const CaptureBytes> captures, const Parameters&, uint64_t) {
  if (captures.size() != 2) return Fail(Code::kInput, "what remains is told by two captures");
  const auto before = StackBytes(captures[0].bytes);
  const auto after = StackBytes(captures[1].bytes);
  if (!before || !after) return Fail(Code::kInput, "this capture does not tell how much memory stacks take");
  const double requests = FactsOf(*captures[1].capture).requests;
  if (requests <= 0) return NoRequests();
  return Computed{(*after - *before) / requests, std::nullopt, Rounded(requests), "requests", Validity::kValid};
}

constexpr evidence::Method kMethods[] = {
    {"cpu.utilisation@1",
     "CPU time of a profile's samples / length of the window / GOMAXPROCS; Poisson score interval (Rao, 1948)",
     CpuUtilisation},
    {"cpu.share@1", "share of CPU samples, each stack once; interval: Wilson (1927)", CpuShare},
    {"cpu.samples@1", "number of CPU samples", CpuSamples},
    {"cpu.seconds_per_1000_requests@1", "CPU time of samples / requests answered; Poisson score interval (Rao, 1948)",
     CpuSecondsPer1000},
    {"cpu.ns_per_request@1", "CPU time of samples / requests answered; Poisson score interval (Rao, 1948)",
     CpuNsPerRequest},
    {"cpu.ceiling@1", "1 / (1 - share) (Amdahl, 1967)", CpuCeiling},
    {"gc.share@1",
     "CPU samples of marking, assisting and sweeping / all, idle marking left out; interval: Wilson (1927)", GcShare},
    {"gc.seconds_per_1000_requests@1",
     "CPU time of marking, assisting and sweeping / requests answered; Poisson score interval", GcSecondsPer1000},
    {"gc.ceiling@1", "1 / (1 - share) (Amdahl, 1967)", GcCeiling},
    {"alloc.bytes_per_request@1", "alloc_space between two heap profiles / requests answered; Poisson score interval",
     AllocBytesPerRequest},
    {"alloc.objects_per_request@1",
     "alloc_objects between two heap profiles / requests answered; Poisson score interval", AllocObjectsPerRequest},
    {"alloc.bytes@1", "alloc_space between two heap profiles; Poisson score interval", AllocBytes},
    {"alloc.share@1", "share of alloc_space between two heap profiles; interval: Wilson over sampled allocations",
     AllocShare},
    {"lock.wait_per_request@1",
     "delay between two mutex profiles / requests answered; Poisson score interval over sampled contentions",
     LockWaitPerRequest},
    {"lock.wait@1", "delay between two mutex profiles; Poisson score interval over sampled contentions", LockWait},
    {"lock.share@1", "share of the delay between two mutex profiles", LockShare},
    {"mem.retained_per_request@1",
     "inuse_space between two heap profiles / requests answered; Poisson score interval over the sampled objects that "
     "are in use in one of them",
     RetainedPerRequest},
    {"leak.goroutines_per_1000_requests@1",
     "goroutines between two goroutine profiles * 1,000 / requests answered; Poisson score interval (Rao, 1948)",
     GoroutinesPer1000},
    {"leak.stack_bytes_per_request@1", "runtime.MemStats.StackInuse after - before / requests answered",
     StackBytesPerRequest},
};

// Adds what one profile holds, times `sign`: cumulative profiles are subtracted sum by sum.
struct AllocSums {
  double bytes = 0, objects = 0, byte_variance = 0, object_variance = 0;
  void Add(const Stacked& stacked, const Query& query, double sign) {
    const Profile& profile = stacked.profile();
    const size_t objects_type = *profile.Type("alloc_objects");
    const size_t bytes_type = *profile.Type("alloc_space");
    const auto rate = static_cast<double>(profile.period);
    for (size_t s = 0; s < profile.samples(); ++s) {
      if (!stacked.Matches(s, query)) continue;
      const auto count = static_cast<double>(profile.Value(s, objects_type));
      const auto size = static_cast<double>(profile.Value(s, bytes_type));
      if (count <= 0 || size <= 0) continue;
      const double chance = rate > 1 ? -std::expm1(-size / count / rate) : 1;
      const double sampled = count * chance;
      bytes += sign * size;
      objects += sign * count;
      byte_variance += sign * size * size / sampled;
      object_variance += sign * count * count / sampled;
    }
  }
};

}  // namespace

evidence::Interval PoissonInterval(double value, double events) {
  constexpr double kZ = 1.959963984540054;  // 0.975 quantile of the normal distribution
  if (events <= 0) return {0, 0, 0.95};
  const double centre = events + kZ * kZ / 2;
  const double half = kZ * std::sqrt(events + kZ * kZ / 4);
  return {value * ((centre - half) / events), value * ((centre + half) / events), 0.95};
}

double Utilisation(const Profile& cpu, const WindowFacts& facts) {
  const auto type = cpu.Type("cpu");
  const double seconds = facts.seconds > 0 ? facts.seconds : static_cast<double>(cpu.duration_ns) * 1e-9;
  if (!type || seconds <= 0) return 0;
  int64_t ns = 0;
  for (size_t s = 0; s < cpu.samples(); ++s) ns += cpu.Value(s, *type);
  return static_cast<double>(ns) * 1e-9 / seconds / std::max(1, facts.gomaxprocs);
}

GcTotals GcSamples(const Stacked& stacked) {
  GcTotals totals;
  const Profile& profile = stacked.profile();
  const size_t type = *profile.Type("samples");
  const size_t cpu = *profile.Type("cpu");
  for (size_t s = 0; s < profile.samples(); ++s) {
    if (stacked.Has(s, SymbolSet::kGcIdle)) continue;
    totals.total += profile.Value(s, type);
    const bool gc = stacked.Has(s, SymbolSet::kGcMark) || stacked.Has(s, SymbolSet::kGcAssist) ||
                    stacked.Has(s, SymbolSet::kGcSweep);
    if (!gc) continue;
    totals.gc += profile.Value(s, type);
    totals.gc_ns += static_cast<double>(profile.Value(s, cpu));
  }
  return totals;
}

AllocTotals AllocatedBetween(const Stacked* before, const Stacked& after, const Query& query) {
  AllocSums sums;
  sums.Add(after, query, 1);
  if (before != nullptr) sums.Add(*before, query, -1);
  AllocTotals totals;
  totals.bytes = std::max(0.0, sums.bytes);
  totals.objects = std::max(0.0, sums.objects);
  if (sums.byte_variance > 0) totals.samples = totals.bytes * totals.bytes / sums.byte_variance;
  if (sums.object_variance > 0) totals.object_samples = totals.objects * totals.objects / sums.object_variance;
  return totals;
}

LockTotals WaitedBetween(const Stacked* before, const Stacked& after, const Query& query, int fraction) {
  LockTotals totals;
  int64_t divisor = 0;
  const auto add = [&](const Stacked& stacked, double sign) {
    const Profile& profile = stacked.profile();
    const size_t contentions = *profile.Type("contentions");
    const size_t delay = *profile.Type("delay");
    for (size_t s = 0; s < profile.samples(); ++s) {
      divisor = std::gcd(divisor, profile.Value(s, contentions));
      if (!stacked.Matches(s, query)) continue;
      totals.contentions += sign * static_cast<double>(profile.Value(s, contentions));
      totals.wait_ns += sign * static_cast<double>(profile.Value(s, delay));
    }
  };
  add(after, 1);
  if (before != nullptr) add(*before, -1);
  totals.contentions = std::max(0.0, totals.contentions);
  totals.wait_ns = std::max(0.0, totals.wait_ns);
  const int64_t known = fraction > 0 ? fraction : std::clamp<int64_t>(divisor, 1, 100);
  totals.sampled = totals.contentions / static_cast<double>(known);
  return totals;
}

void StoreFacts(const WindowFacts& facts, evidence::Capture& capture) {
  const auto store = [&](const char* key, double value) {
    if (value > 0) capture.parameters[key] = base::FormatExact(value);
  };
  store("requests", facts.requests);
  store("seconds", facts.seconds);
  store("cpu_seconds", facts.cpu_seconds);
  store("gomaxprocs", facts.gomaxprocs);
  store("mutex_fraction", facts.mutex_fraction);
}

WindowFacts FactsOf(const evidence::Capture& capture) {
  const auto read = [&](const char* key) { return Number(Find(capture.parameters, key)); };
  const auto read_int = [&](const char* key) { return static_cast<int>(std::min(read(key), 1e9)); };
  return {read("requests"), read("seconds"), read("cpu_seconds"), read_int("gomaxprocs"), read_int("mutex_fraction")};
}

std::span<const evidence::Method> Methods() { return kMethods; }

}  // namespace hone::profile
