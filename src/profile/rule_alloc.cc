// alloc.poolable: large buffers that one function makes anew and drops.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "profile/rule_context.h"
#include "profile/thresholds.h"

namespace hone::profile {
namespace {

using evidence::FindingDraft;
using golang::SymbolSet;

// What one function of the user's allocated in stacks that look like buffers.
struct Buffers {
  double bytes = 0;                     // grown or made by bytes, bufio, io, compress
  std::map<int64_t, double> made = {};  // made by the user's code itself, by the size of the object: a buffer's sizes
  double own = 0;                       // made by the user's code itself
  double retained = 0;                  // of all, still in use at the end
};

// Whether an object of this size is likely a buffer and no slice of records: people size buffers in powers of two. (The
// runtime rounds large objects up to pages, so that the length of other slices comes out as one once in some eight
// sizes.)
bool SizedLikeABuffer(int64_t bytes) {
  return bytes >= kPoolableBlock && std::has_single_bit(static_cast<uint64_t>(bytes));
}

void AddBuffers(const Stacked& stacked, const RuleContext& context, double sign, std::map<Site, Buffers>& sites) {
  const Profile& profile = stacked.profile();
  const size_t allocated = *profile.Type("alloc_space");
  const std::optional<size_t> in_use = profile.Type("inuse_space");
  for (size_t s = 0; s < profile.samples(); ++s) {
    if (!stacked.Within(s, context.stacks) || stacked.HasFunction(s, "sync.(*Pool).Get")) continue;
    const Line* charged = stacked.Charged(s);
    if (charged == nullptr) continue;
    const bool own = stacked.ChargedToSelf(s);
    if (!own && !stacked.OnlyThrough(s, SymbolSet::kBuffer)) continue;
    Buffers& buffers = sites[stacked.SiteOf(*charged)];
    const double bytes = sign * static_cast<double>(profile.Value(s, allocated));
    if (!own) {
      buffers.bytes += bytes;
    } else {
      buffers.own += bytes;
      if (SizedLikeABuffer(profile.block_bytes[s])) buffers.made[profile.block_bytes[s]] += bytes;
    }
    if (in_use && sign > 0) buffers.retained += static_cast<double>(profile.Value(s, *in_use));
  }
}

// Bytes of each of the user's lines that a pool would save.
std::map<Site, double> Poolable(const RuleContext& context) {
  std::map<Site, Buffers> sites;
  AddBuffers(*context.allocs, context, 1, sites);
  if (context.allocs_before) AddBuffers(*context.allocs_before, context, -1, sites);
  std::map<Site, double> out;
  for (const auto& [site, buffers] : sites) {
    // A slice that grows by append comes in a series of sizes, of which the runtime's classes make powers of two.
    double made = 0;
    for (const auto& [size, of_size] : buffers.made) made = std::max(made, of_size);
    const double bytes = buffers.bytes + (made >= kPoolableOneSize * buffers.own ? made : 0);
    if (bytes > 0 && buffers.retained <= kPoolableRetained * bytes) out[site] = bytes;
  }
  return out;
}

// `buffers`: the bytes of them, which may be a part of what the function allocates.
FindingDraft Draft(const RuleContext& context, const Site& site, double buffers) {
  const Query query = context.For({}, site.function);
  const Stacked* before = context.allocs_before ? &*context.allocs_before : nullptr;
  const bool nearly_all = buffers >= kPoolableOneSize * AllocatedBetween(before, *context.allocs, query).bytes;
  const bool per_request = context.alloc_facts.requests > 0;
  FindingDraft draft;
  draft.rule = "alloc.poolable";
  draft.subject = context.SubjectOf(site);
  draft.support.push_back(context.Allocs(per_request ? "alloc.bytes_per_request" : "alloc.bytes", "bytes", query));
  draft.support.push_back(context.Allocs("alloc.share", "ratio", query));
  if (per_request) draft.bytes = 0;
  draft.title = fmt::format("{} at {}: {{m0:ci}}{}, {{m1}} of what {} allocates",
                            nearly_all ? "Buffers made anew" : "Allocations, part of them buffers made anew,",
                            Place(draft.subject), per_request ? " a request" : "",
                            context.program() ? "the program" : "this endpoint");
  draft.remedy =
      "Keep the buffer: one `sync.Pool` of `*bytes.Buffer` (Get, `Reset`, deferred Put; drop those that grew too "
      "large), or one buffer reset in "
      "the loop. It must not be used after Put, nor be part of what is returned.";
  // What making them costs in CPU, where it was sampled. Collecting them comes on top.
  if (context.cpu && context.cpu_facts.requests > 0) {
    const Query making = context.For(SymbolSet::kAllocation, site.function);
    const size_t type = *context.cpu->profile().Type("samples");
    const bool enough = static_cast<double>(Sum(*context.cpu, type, context.Whole())) >= kLeastSamples;
    if (enough && Sum(*context.cpu, type, making) > 0) {
      draft.cpu_s_per_1000 = draft.support.size();
      draft.support.push_back(context.Cpu("cpu.seconds_per_1000_requests", "cpu_s", making));
      draft.time_ns = draft.support.size();
      draft.support.push_back(context.Cpu("cpu.ns_per_request", "ns", making));
    }
  }
  return draft;
}

}  // namespace

void JudgeAllocs(RuleContext& context) {
  if (!context.allocs) {
    if (context.Wanted("alloc.poolable")) {
      context.NotJudged("allocations", "no heap profile was taken",
                        "set [pprof] url in hone.toml, or give an allocs profile");
    }
    return;
  }
  const Stacked* before = context.allocs_before ? &*context.allocs_before : nullptr;
  const AllocTotals whole = AllocatedBetween(before, *context.allocs, context.Whole());
  const double requests = context.alloc_facts.requests;
  if (requests > 0) {
    context.out.measurements.push_back(context.Allocs("alloc.bytes_per_request", "bytes", context.Whole()));
    context.out.measurements.push_back(context.Allocs("alloc.objects_per_request", "count", context.Whole()));
  }
  if (!context.Wanted("alloc.poolable")) return;
  const double least = requests > 0 ? kPoolableBytes * requests : kPoolableProgramBytes;
  if (whole.samples < kLeastSamples) {
    if (requests <= 0 || whole.bytes + 4 * static_cast<double>(context.allocs->profile().period) > least) {
      context.NotJudged("allocations", fmt::format("{:.0f} sampled allocations are too few", whole.samples),
                        "a longer window, or a higher rate");
    }
    return;
  }
  for (const ChargedFunction& function : ByFunction(Poolable(context))) {
    if (function.value < least || function.value < kPoolableShare * whole.bytes) continue;
    context.out.findings.push_back(Draft(context, function.site, function.value));
  }
}

}  // namespace hone::profile
