#include "profile/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "evidence/claim.h"
#include "profile/growth.h"
#include "profile/rule_context.h"

namespace hone::profile {
namespace {

using evidence::CaptureId;
using evidence::MeasurementSpec;

constexpr auto kRules = std::to_array<std::string_view>({"cpu.json", "cpu.fmt", "cpu.logging", "cpu.regexp_compile",
                                                         "cpu.gc", "cpu.lock", "alloc.poolable", "alloc.string_concat",
                                                         "alloc.growth", "leak.goroutine", "mem.retained"});

std::string JoinPaths(const std::vector<golang::Module>& modules) {
  std::string out;
  for (const golang::Module& module : modules) out += (out.empty() ? "" : ",") + module.path;
  return out;
}

// Mutex profiles charge the goroutine that lets a lock go, block profiles the one that waits.
bool IsMutexProfile(const Profile& profile) {
  size_t released = 0;
  for (size_t s = 0; s < profile.samples(); ++s) {
    bool found = false;
    for (const uint32_t location : profile.Stack(s)) {
      for (const Line& line : profile.Lines(location)) {
        const std::string_view name = profile.functions[line.function].name;
        found = found || name.ends_with("nlock") || name.starts_with("runtime.unlock") ||
                name.contains("LostContendedRuntimeLock");
      }
    }
    released += size_t{found};
  }
  return released * 2 >= profile.samples();
}

void AddInOrder(std::optional<CapturedProfile>& before, std::optional<CapturedProfile>& after,
                CapturedProfile profile) {
  if (!after) {
    after = std::move(profile);
  } else if (profile.profile.time_ns >= after->profile.time_ns) {
    before = std::exchange(after, std::move(profile));
  } else {
    before = std::move(profile);
  }
}

}  // namespace

RuleContext::RuleContext(const EndpointWindow& w, const RuleOptions& o) : window(w), options(o) {
  if (!program()) stacks = window.alone || window.handler.empty() ? Stacks::kRequests : Stacks::kHandler;
  const auto read = [&](const std::optional<CapturedProfile>& captured, Kind kind, std::optional<Stacked>& into,
                        WindowFacts* facts) {
    if (!captured || captured->profile.kind() != kind) return;
    into.emplace(captured->profile, window.modules, window.handler);
    if (facts != nullptr) *facts = FactsOf(captured->capture);
  };
  read(window.cpu, Kind::kCpu, cpu, &cpu_facts);
  read(window.allocs_before, Kind::kHeap, allocs_before, nullptr);
  read(window.allocs_after, Kind::kHeap, allocs, &alloc_facts);
  read(window.mutex_before, Kind::kContention, mutex_before, nullptr);
  read(window.mutex_after, Kind::kContention, mutex, &mutex_facts);
}

bool RuleContext::Wanted(std::string_view rule) const {
  return options.only.empty() || std::find(options.only.begin(), options.only.end(), rule) != options.only.end();
}

Query RuleContext::For(std::optional<golang::SymbolSet> set, std::string_view function, int64_t line) const {
  return {.stacks = stacks, .handler = window.handler, .set = set, .function = std::string(function), .line = line};
}

MeasurementSpec RuleContext::Spec(std::string_view metric, std::string_view unit, std::vector<CaptureId> captures,
                                  const Query& query) const {
  MeasurementSpec spec;
  spec.metric = metric;
  spec.unit = unit;
  spec.method = std::string(metric) + "@1";
  spec.captures = std::move(captures);
  spec.scope.endpoint = window.endpoint;
  if (!query.function.empty()) spec.scope.function = golang::ShortName(query.function);
  constexpr std::array<std::string_view, 3> kStacks = {"all", "requests", "handler"};
  spec.parameters["stacks"] = kStacks[static_cast<size_t>(query.stacks)];
  const auto set = [&](const char* key, std::string value) {
    if (!value.empty()) spec.parameters[key] = std::move(value);
  };
  if (query.stacks != Stacks::kAll) set("handler", query.handler);
  if (query.set) set("set", std::string(golang::Name(*query.set)));
  set("function", query.function);
  if (query.line > 0) set("line", std::to_string(query.line));
  if (query.caused) set("caused", "1");
  if (query.own) set("own", "1");
  set("modules", JoinPaths(window.modules));
  return spec;
}

MeasurementSpec RuleContext::Cpu(std::string_view metric, std::string_view unit, const Query& query) const {
  return Spec(metric, unit, {window.cpu->capture.id}, query);
}

MeasurementSpec RuleContext::Allocs(std::string_view metric, std::string_view unit, const Query& query) const {
  std::vector<CaptureId> captures;
  if (allocs_before) captures.push_back(window.allocs_before->capture.id);
  captures.push_back(window.allocs_after->capture.id);
  return Spec(metric, unit, std::move(captures), query);
}

MeasurementSpec RuleContext::Mutex(std::string_view metric, std::string_view unit, const Query& query) const {
  std::vector<CaptureId> captures;
  if (mutex_before) captures.push_back(window.mutex_before->capture.id);
  captures.push_back(window.mutex_after->capture.id);
  return Spec(metric, unit, std::move(captures), query);
}

MeasurementSpec RuleContext::Growth(std::string_view metric, std::string_view unit, const CapturedProfile& before,
                                    const CapturedProfile& after, std::string_view owner) const {
  MeasurementSpec spec = Spec(metric, unit, {before.capture.id, after.capture.id}, {});
  if (owner != kEverybody) {
    spec.parameters["owner"] = owner;
    if (owner != kNobodyOfUser) spec.scope.function = golang::ShortName(owner);
  }
  return spec;
}

evidence::Subject RuleContext::SubjectOf(const Site& site) const {
  return {"function", golang::ShortName(site.function), window.endpoint,
          golang::RelativeFile(site.file, site.function, window.modules),
          static_cast<int>(std::min<int64_t>(site.line, 1 << 30))};
}

void RuleContext::NotJudged(std::string_view what, std::string reason, std::string what_would_do) {
  out.not_judged.push_back({fmt::format("{} of {}", what, Name()), std::move(reason), std::move(what_would_do)});
}

std::string Place(const evidence::Subject& subject) {
  if (subject.file.empty() || subject.line == 0) return evidence::Quote(subject.name);
  return evidence::Quote(fmt::format("{}:{}", subject.file, subject.line));
}

std::vector<ChargedFunction> ByFunction(const std::map<Site, double>& sites) {
  std::map<std::string_view, std::pair<ChargedFunction, double>> functions;  // and the value of its heaviest line
  for (const auto& [site, value] : sites) {
    auto& [function, heaviest] = functions[site.function];
    if (function.site.function.empty() || value > heaviest) {
      function.site = site;
      heaviest = value;
    }
    function.value += value;
  }
  std::vector<ChargedFunction> out;
  for (auto& [name, function] : functions) out.push_back(std::move(function.first));
  std::stable_sort(out.begin(), out.end(),
                   [](const ChargedFunction& a, const ChargedFunction& b) { return a.value > b.value; });
  return out;
}

evidence::Judgement Judge(const EndpointWindow& window, const RuleOptions& options) {
  RuleContext context(window, options);
  JudgeAllocs(context);  // before the CPU: a garbage collector kept busy by one buffer is that finding, not cpu.gc
  JudgeGrowth(context);
  JudgeCpu(context);
  JudgeRegexp(context);
  JudgeLocks(context);
  JudgeLeaks(context);
  return std::move(context.out);
}

bool IsOfService(const evidence::NotJudged& entry) {
  return entry.reason.ends_with("profile was taken") || entry.reason.starts_with("the mutex profile is empty");
}

std::span<const std::string_view> RuleNames() { return kRules; }

base::Result<EndpointWindow> ProgramWindow(std::vector<CapturedProfile> profiles, std::vector<golang::Module> modules) {
  EndpointWindow window;
  for (CapturedProfile& captured : profiles) {
    if (modules.empty()) window.modules = GuessModules(captured.profile);
    const std::string_view kind = CaptureKind(captured.profile);
    captured.capture.kind = kind;
    if (kind == "pprof.cpu") {
      if (window.cpu)
        return base::Fail(base::Code::kInput, "there are two CPU profiles", {}, "give one window's profiles at a time");
      window.cpu = std::move(captured);
    } else if (kind == "pprof.allocs") {
      AddInOrder(window.allocs_before, window.allocs_after, std::move(captured));
    } else if (kind == "pprof.mutex") {
      AddInOrder(window.mutex_before, window.mutex_after, std::move(captured));
    }
  }
  if (!modules.empty()) window.modules = std::move(modules);
  if (!window.cpu && !window.allocs_after && !window.mutex_after) {
    return base::Fail(base::Code::kInput, "none of these profiles is of CPU, allocations or mutexes", {},
                      "take /debug/pprof/profile, /debug/pprof/allocs or /debug/pprof/mutex");
  }
  return window;
}

int MutexFractionOf(std::string_view text) {
  constexpr std::string_view kKey = "sampling period=";
  const size_t at = text.find(kKey);
  int fraction = 0;
  if (at != std::string_view::npos)
    std::from_chars(text.data() + at + kKey.size(), text.data() + text.size(), fraction);
  return std::max(0, fraction);
}

std::string_view CaptureKind(const Profile& profile) {
  switch (profile.kind()) {
    case Kind::kCpu:
      return "pprof.cpu";
    case Kind::kHeap:
      return "pprof.allocs";
    case Kind::kContention:
      return IsMutexProfile(profile) ? "pprof.mutex" : "pprof.block";
    case Kind::kGoroutine:
      return "pprof.goroutine";
    case Kind::kOther:
      break;
  }
  return "pprof.other";
}

}  // namespace hone::profile
