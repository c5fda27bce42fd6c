// The rules over profiles: from the windows in which one endpoint was driven to findings charged to the user's lines.
// Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/model.h"
#include "golang/goroutines.h"
#include "golang/inspection.h"
#include "golang/symbols.h"
#include "profile/pprof.h"

namespace hone::profile {

// What is known of the window in which a capture was taken. It is stored in the capture's parameters, so that
// measurements can be computed again from the capture alone; 0 is unknown. For pairs of cumulative profiles it belongs
// to the second one.
struct WindowFacts {
  double requests = 0;     // answered in the window
  double seconds = 0;      // length of the window
  double cpu_seconds = 0;  // of the service's process, from /proc
  int gomaxprocs = 0;
  int mutex_fraction = 0;  // runtime.SetMutexProfileFraction's rate: an empty mutex profile then means no contention
};
void StoreFacts(const WindowFacts& facts, evidence::Capture& capture);
WindowFacts FactsOf(const evidence::Capture& capture);

// A stored capture ("pprof.cpu", "pprof.allocs", "pprof.mutex", "pprof.goroutine") with its bytes (Redact's) decoded.
struct CapturedProfile {
  evidence::Capture capture = {};
  Profile profile = {};
};

// A number that another domain measured, with what makes it a measurement.
struct Cited {
  double value = 0;
  evidence::MeasurementSpec spec = {};
};

// A stored capture ("go.stacks": StackLine's) of how much memory stacks take.
struct CapturedStacks {
  evidence::Capture capture = {};
  double bytes = 0;
};

// A further window of an endpoint whose first one left something behind: what there was before it, right after its last
// request, and after some time without requests. In two windows that follow one another, "before" is the "after" of the
// first. Captures' WindowFacts are this window's.
struct GrowthWindow {
  std::optional<CapturedProfile> heap_before = {}, heap_end = {}, heap_after = {};
  std::optional<CapturedProfile> goroutines_before = {}, goroutines_end = {}, goroutines_after = {};
  std::optional<CapturedStacks> stacks_before = {}, stacks_after = {};
  std::vector<golang::Goroutine> goroutines = {};  // after: where the profile does not say where they were started
  double idle_seconds = 0;                         // between "end" and "after"
};

// The windows of one endpoint; or, with an empty `endpoint`, of a whole program (`hone profile FILE...`), of which no
// requests are known.
struct EndpointWindow {
  std::string endpoint = {};  // "GET /orders/{id}"; empty: the program
  std::string handler = {};   // its Go symbol, as the linker writes it; empty: unknown
  // Whether only this endpoint was driven: then all stacks that serve HTTP are its own (its middleware too); otherwise
  // only those through `handler` are.
  bool alone = true;
  std::vector<golang::Module> modules = {};  // the user's
  std::optional<CapturedProfile> cpu = {};
  std::optional<CapturedProfile> allocs_before = {};  // cumulative; absent: since the program's start
  std::optional<CapturedProfile> allocs_after = {};
  std::optional<CapturedProfile> mutex_before = {};  // likewise
  std::optional<CapturedProfile> mutex_after = {};
  std::optional<CapturedProfile> goroutines_before = {};
  std::optional<CapturedProfile> goroutines_after = {};
  std::vector<GrowthWindow> growth = {};        // further windows, all of one life of the process
  bool restarted = false;                       // between this window and those of `growth` another process took over
  double different_requests = 0;                // of which the load draws; 0: unknown
  bool never_repeated = false;                  // no two requests were the same
  std::vector<std::string> shared_owners = {};  // what remains of these (growth.h) is judged at another endpoint
  bool response_is_bound = false;  // mean_response_ns comes from a load that was sent late: it tells at most
  double mean_response_ns = 0;     // without a profiler; 0: unknown
  std::vector<golang::DeferredUnlock> locks = {};  // of the sources, where they are known
  bool overloaded = false;                  // more requests came than it carried: waits say how long the queue was
  std::optional<Cited> mutex_wait_ns = {};  // per request, from the runtime's own metrics (which have no stacks)
};

struct RuleOptions {
  // Rules to judge; empty: all.
  std::vector<std::string> only = {};
};

// Whether an entry says that a profile is missing or switched off: that is the service's, whatever the endpoint.
bool IsOfService(const evidence::NotJudged& entry);

// Judges the rules of RuleNames(). Measurements: cpu.utilisation, CPU seconds
// of 1,000 requests, GC share, bytes and objects a request, lock wait, what remained after further windows, as far as
// captured. A profile that is absent or
// has too few samples gives NotJudged.
evidence::Judgement Judge(const EndpointWindow& window, const RuleOptions& options = {});

// The rules' stable names.
std::span<const std::string_view> RuleNames();

// Sorts decoded profiles of one program into a window without endpoint: at most one of each kind; of several heap or
// contention profiles the one with the earlier time is the "before". Block profiles are told from mutex profiles by
// their stacks and left out. kInput if there is nothing that a rule can judge, or two CPU profiles.
base::Result<EndpointWindow> ProgramWindow(std::vector<CapturedProfile> profiles, std::vector<golang::Module> modules);

// The rate in the text of /debug/pprof/mutex?debug=1 ("sampling period=100"), for WindowFacts; 0 where it is off or not
// told.
int MutexFractionOf(std::string_view text);

// The capture kind of a decoded profile: "pprof.cpu", "pprof.allocs", "pprof.mutex", "pprof.block", "pprof.goroutine";
// "pprof.other".
std::string_view CaptureKind(const Profile& profile);

}  // namespace hone::profile
