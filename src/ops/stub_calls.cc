#include "ops/stub_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <set>

#include "base/units.h"
#include "evidence/claim.h"
#include "sql/analysis.h"
#include "sql/transaction.h"

namespace hone::ops {
namespace {

constexpr std::string_view kUntimedCallsHeader = "size cold ok calls of each stub\n";  // without times
constexpr std::string_view kStubCallsHeader = "size cold ok calls of each stub, their times\n";

std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

bool ToNumber(std::string_view text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

evidence::Computed MedianCount(std::vector<int64_t> counts) {
  evidence::Computed computed;
  computed.n = std::ssize(counts);
  computed.n_of = "requests";
  computed.validity = counts.empty() ? evidence::Validity::kTooFew : evidence::Validity::kValid;
  if (counts.empty()) return computed;
  const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
  std::ranges::nth_element(counts, middle);
  computed.value = static_cast<double>(*middle);
  return computed;
}

base::Result<evidence::Computed> ComputeCalls(std::span<const evidence::CaptureBytes> captures,
                                              const evidence::Parameters& parameters, uint64_t) {
  if (captures.size() != 1) return base::Fail(base::Code::kInput, "The method takes one stub.calls capture");
  HONE_TRY(const StubCalls calls, DecodeStubCalls(captures.front().bytes));
  const auto wanted = parameters.find("stub");
  const auto stub = wanted == parameters.end() ? calls.stubs.end() : std::ranges::find(calls.stubs, wanted->second);
  if (stub == calls.stubs.end()) return base::Fail(base::Code::kInput, "The capture has no such stub");
  const auto index = static_cast<size_t>(stub - calls.stubs.begin());
  int64_t size = 0;
  const auto sized = parameters.find("size");
  if (sized != parameters.end() && !ToNumber(sized->second, size))
    return base::Fail(base::Code::kInput, "The parameter size is no number", sized->second);
  std::vector<int64_t> counts;
  for (const CallWindow& window : calls.windows) {
    if (window.ok && !window.cold && (sized == parameters.end() || window.size == size))
      counts.push_back(window.calls[index]);
  }
  return MedianCount(std::move(counts));
}

// Of the stub with that index, for each warm request of `size` that was answered as expected; none where the windows
// are not those of the exchange's requests, or have no times. `before_end`: a call counts so long before a gap's end.
std::vector<int64_t> CallsInGaps(const sql::Exchange& exchange, const StubCalls& calls, size_t stub, int64_t size,
                                 base::Nanos before_end = 0) {
  std::vector<int64_t> counts(exchange.requests.size());
  if (calls.windows.size() != counts.size()) return {};
  for (const sql::IdleGap& gap : sql::IdleGaps(exchange)) {
    const CallWindow& window = calls.windows[gap.request];
    if (window.times.empty()) continue;
    const auto first = window.times.begin() + std::accumulate(window.calls.begin(),
                                                              window.calls.begin() + static_cast<std::ptrdiff_t>(stub),
                                                              std::ptrdiff_t{0});
    counts[gap.request] += std::count_if(first, first + window.calls[stub], [&](int64_t time) {
      return time >= gap.start_ns && time + before_end <= gap.end_ns;
    });
  }
  std::vector<int64_t> chosen;
  for (const size_t request : sql::WarmRequests(exchange, size)) chosen.push_back(counts[request]);
  return chosen;
}

base::Result<evidence::Computed> ComputeCallsInGaps(std::span<const evidence::CaptureBytes> captures,
                                                    const evidence::Parameters& parameters, uint64_t) {
  if (captures.size() != 2)
    return base::Fail(base::Code::kInput, "The method takes an sql.exchange and a stub.calls capture");
  HONE_TRY(const sql::Exchange exchange, sql::Decode(captures[0].bytes));
  HONE_TRY(const StubCalls calls, DecodeStubCalls(captures[1].bytes));
  const auto wanted = parameters.find("stub");
  const auto stub = wanted == parameters.end() ? calls.stubs.end() : std::ranges::find(calls.stubs, wanted->second);
  if (stub == calls.stubs.end()) return base::Fail(base::Code::kInput, "The capture has no such stub");
  int64_t size = 0;
  const auto sized = parameters.find("size");
  if (sized == parameters.end() || !ToNumber(sized->second, size))
    return base::Fail(base::Code::kInput, "This measurement needs the parameter size");
  return MedianCount(CallsInGaps(exchange, calls, static_cast<size_t>(stub - calls.stubs.begin()), size));
}

// "1 times a request at size 1, 5 at 5, 25 at 25"; empty where all sizes have the same count, or there are none.
base::Result<std::string> BySize(const StubCalls& calls, evidence::MeasurementSpec spec, Measurer& measurer) {
  std::set<int64_t> sizes;
  for (const CallWindow& window : calls.windows) {
    if (window.size >= 0 && window.ok && !window.cold) sizes.insert(window.size);
  }
  std::string text;
  std::set<double> counts;
  for (const int64_t size : sizes) {
    spec.parameters["size"] = std::to_string(size);
    HONE_TRY(const evidence::Measurement measured, measurer.Measure(spec));
    counts.insert(measured.value);
    text += text.empty() ? base::FormatCount(measured.value) + " times a request at size " + std::to_string(size)
                         : fmt::format(", {} at {}", base::FormatCount(measured.value), size);
  }
  return counts.size() > 1 ? text : std::string();
}

}  // namespace

std::string Encode(const StubCalls& calls) {
  std::string text(kStubCallsHeader);
  for (const std::string& stub : calls.stubs) text += stub + " ";
  text += '\n';
  for (const CallWindow& window : calls.windows) {
    text += fmt::format("{} {} {}", window.size, window.cold ? 1 : 0, window.ok ? 1 : 0);
    for (const int64_t count : window.calls) text += fmt::format(" {}", count);
    for (const int64_t time : window.times) text += fmt::format(" {}", time);
    text += '\n';
  }
  return text;
}

base::Result<StubCalls> DecodeStubCalls(std::string_view bytes) {
  const auto broken = [] { return base::Fail(base::Code::kInput, "Not a stub.calls capture"); };
  const bool timed = bytes.starts_with(kStubCallsHeader);
  if (!timed && !bytes.starts_with(kUntimedCallsHeader)) return broken();
  bytes.remove_prefix(timed ? kStubCallsHeader.size() : kUntimedCallsHeader.size());
  StubCalls calls;
  for (const std::string_view name : Words(TakeLine(bytes))) calls.stubs.emplace_back(name);
  while (!bytes.empty()) {
    std::vector<int64_t> numbers;
    for (const std::string_view word : Words(TakeLine(bytes))) {
      if (!ToNumber(word, numbers.emplace_back())) return broken();
    }
    constexpr size_t kFields = 3;
    const size_t counts = kFields + calls.stubs.size();
    if (numbers.size() < counts) return broken();
    const auto first_time = numbers.begin() + static_cast<std::ptrdiff_t>(counts);
    CallWindow& window =
        calls.windows.emplace_back(CallWindow{.size = numbers[0], .cold = numbers[1] != 0, .ok = numbers[2] != 0});
    window.calls = {numbers.begin() + kFields, first_time};
    window.times = {first_time, numbers.end()};
    const int64_t all = std::accumulate(window.calls.begin(), window.calls.end(), int64_t{0});
    if (std::ssize(window.times) != (timed ? all : 0)) return broken();
  }
  return calls;
}

std::span<const evidence::Method> StubMethods() {
  static constexpr std::array<evidence::Method, 2> kMethods = {
      {{"stub.calls_per_request@1",
        "median of the calls to one stub within a request, over warm requests answered as expected", ComputeCalls},
       {"stub.calls_in_transaction@1",
        "median of the calls to one stub within a request that came while a transaction was idle",
        ComputeCallsInGaps}}};
  return kMethods;
}

void NameCallsInGaps(const sql::Exchange& exchange, evidence::CaptureId exchange_id, const StubCalls& calls,
                     evidence::CaptureId calls_id, int64_t size, evidence::FindingDraft& draft) {
  for (size_t i = 0; i < calls.stubs.size(); ++i) {
    if (MedianCount(CallsInGaps(exchange, calls, i, size)).value < 1) continue;
    draft.title += fmt::format("; calls of the stub {} in that time: {{m{}}} a request",
                               evidence::Quote(calls.stubs[i]), draft.support.size());
    draft.support.push_back({.metric = "stub.calls_in_transaction",
                             .scope = {.endpoint = exchange.endpoint},
                             .unit = "count",
                             .method = "stub.calls_in_transaction@1",
                             .captures = {exchange_id, calls_id},
                             .parameters = {{"stub", calls.stubs[i]}, {"size", std::to_string(size)}}});
  }
}

std::optional<evidence::FindingDraft> JudgeCallsInGaps(const sql::Exchange& exchange, evidence::CaptureId exchange_id,
                                                       const StubCalls& calls, int64_t size) {
  // Who waits for an answer has it later than this: a call of another goroutine may come at any time.
  constexpr base::Nanos kSoonestAnswer = 30'000;
  constexpr size_t kLeastCalling = 6;
  bool any = false;
  for (size_t i = 0; i < calls.stubs.size() && !any; ++i) {
    std::vector<int64_t> counts = CallsInGaps(exchange, calls, i, size, kSoonestAnswer);
    any = counts.size() >= kLeastCalling && MedianCount(std::move(counts)).value >= 1;
  }
  const auto query = any ? sql::LastBeforeIdling(exchange, sql::WarmRequests(exchange, size),
                                                 [&](const sql::IdleGap& gap) {
                                                   const std::vector<int64_t>& times = calls.windows[gap.request].times;
                                                   return std::ranges::count_if(times, [&](int64_t time) {
                                                     return time >= gap.start_ns && time <= gap.end_ns;
                                                   });
                                                 })
                         : std::nullopt;
  if (!query) return std::nullopt;
  evidence::FindingDraft draft{.rule = "sql.idle_in_transaction", .severity = evidence::Severity::kMedium};
  draft.subject = {
      .kind = "query", .name = exchange.queries[*query].text, .endpoint = exchange.endpoint, .file = {}, .line = 0};
  draft.title =
      "A transaction stays open while the service calls another one, behind this statement: as long as that takes, "
      "and {m0} of a request with the stub here";
  draft.support = {{.metric = "sql.idle_in_transaction",
                    .scope = {.endpoint = exchange.endpoint},
                    .unit = "ns",
                    .method = "sql.idle_in_transaction@1",
                    .captures = {exchange_id},
                    .parameters = {{"size", std::to_string(size)}}}};
  draft.ceiling = 0;
  draft.ceiling_basis = "the time for which a connection and its locks are held for nothing, with the stub";
  draft.remedy = std::string(sql::kIdleRemedy);
  return draft;
}

base::Result<std::vector<std::string>> DescribeCalls(const StubCalls& calls, const evidence::Capture& capture,
                                                     Measurer& measurer) {
  std::vector<std::string> sentences;
  for (size_t i = 0; i < calls.stubs.size(); ++i) {
    const bool called = std::ranges::any_of(
        calls.windows, [&](const CallWindow& window) { return window.ok && !window.cold && window.calls[i] > 0; });
    if (!called) continue;
    evidence::MeasurementSpec spec{.metric = "stub.calls",
                                   .scope = capture.scope,
                                   .unit = "count",
                                   .method = "stub.calls_per_request@1",
                                   .captures = {capture.id}};
    spec.parameters["stub"] = calls.stubs[i];
    HONE_TRY(std::string counts, BySize(calls, spec, measurer));
    if (counts.empty()) {
      HONE_TRY(const evidence::Measurement measured, measurer.Measure(spec));
      counts = base::FormatCount(measured.value) + (measured.value == 1 ? " time a request" : " times a request");
    }
    sentences.push_back(fmt::format("{} calls the stub {} {}", capture.scope.endpoint, calls.stubs[i], counts));
  }
  return sentences;
}

}  // namespace hone::ops
