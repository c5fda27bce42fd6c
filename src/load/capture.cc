#include "load/capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "stats/histogram_log.h"

namespace hone::load {
namespace {

constexpr std::string_view kPrefix = "hone ";
constexpr int kVersion = 1;

auto Broken(std::string_view why) { return base::Fail(base::Code::kInput, fmt::format("Not a load capture: {}", why)); }

std::string Tag(const LoadResult& result, const Slice& slice) {
  return fmt::format("{};{};{}{}", Name(slice.timing), result.endpoints[slice.endpoint], Name(slice.outcome),
                     slice.warmup ? ";warmup" : "");
}

std::string OneLine(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string CountsLine(size_t endpoint, const EndpointCounts& counts) {
  std::string line = fmt::format("hone counts {} {} {}", endpoint, counts.arrivals, fmt::join(counts.ended, " "));
  for (const auto& [status, count] : counts.statuses) line += fmt::format(" {} {}", status, count);
  return line;
}

// The words of a comment line, taken one by one; any that is not what is asked for breaks the line.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::string_view Next() {
    const size_t space = std::min(rest_.find(' '), rest_.size());
    const std::string_view word = rest_.substr(0, space);
    rest_.remove_prefix(std::min(space + 1, rest_.size()));
    return word;
  }
  template <typename T>
  T Number() {
    T value = 0;
    const std::string_view word = Next();
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    broken_ |= word.empty() || error != std::errc() || end != word.data() + word.size();
    return value;
  }
  std::string_view rest() const { return rest_; }
  bool broken() const { return broken_; }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

bool ReadCounts(Words& words, LoadResult& result) {
  const auto endpoint = words.Number<size_t>();
  if (words.broken() || endpoint >= result.endpoints.size()) return false;
  result.counts.resize(result.endpoints.size());
  EndpointCounts& counts = result.counts[endpoint];
  counts.arrivals = words.Number<int64_t>();
  for (int64_t& ended : counts.ended) ended = words.Number<int64_t>();
  while (!words.rest().empty() && !words.broken()) {
    const int status = words.Number<int>();
    counts.statuses[status] = words.Number<int64_t>();
  }
  return true;
}

// One "hone KEY VALUE..." line. False where it is malformed; unknown keys are.
bool ReadComment(std::string_view line, LoadResult& result) {
  Words words(line);
  const std::string_view key = words.Next();
  if (key == "endpoint") {
    result.endpoints.emplace_back(words.rest());
    return true;
  }
  if (key == "counts") return ReadCounts(words, result) && !words.broken();
  if (key == "plan") {
    result.rate = words.Number<double>();
    const std::string_view arrivals = words.Next();
    if (arrivals != Name(Arrivals::kConstant) && arrivals != Name(Arrivals::kPoisson)) return false;
    result.arrivals = arrivals == Name(Arrivals::kConstant) ? Arrivals::kConstant : Arrivals::kPoisson;
    result.connections = words.Number<int>();
    result.threads = words.Number<int>();
    result.seed = words.Number<uint64_t>();
  } else if (key == "window") {
    result.start = words.Number<int64_t>();
    result.end = words.Number<int64_t>();
    result.interrupted = words.Number<int>() != 0;
  } else if (key == "generator") {
    result.cpu = words.Number<int64_t>();
    result.wall = words.Number<int64_t>();
    result.opened = words.Number<int64_t>();
    result.queued = words.Number<int64_t>();
    result.queue_peak = words.Number<int64_t>();
  } else {
    return false;
  }
  return !words.broken() && words.rest().empty();
}

template <typename Enum>
std::optional<Enum> ByName(std::string_view name, int count) {
  for (int i = 0; i < count; ++i) {
    if (Name(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

// "TIMING;ENDPOINT;OUTCOME[;warmup]"; an endpoint's name may hold semicolons.
std::optional<Slice> ReadTag(std::string_view tag, const LoadResult& result) {
  Slice slice;
  constexpr std::string_view kWarmup = ";warmup";
  slice.warmup = tag.ends_with(kWarmup);
  if (slice.warmup) tag.remove_suffix(kWarmup.size());
  const size_t first = tag.find(';');
  const size_t last = tag.rfind(';');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto timing = ByName<Timing>(tag.substr(0, first), kTimings);
  const auto outcome = ByName<Outcome>(tag.substr(last + 1), kOutcomes);
  const auto endpoint =
      std::find(result.endpoints.begin(), result.endpoints.end(), tag.substr(first + 1, last - first - 1));
  if (!timing || !outcome || endpoint == result.endpoints.end()) return std::nullopt;
  slice.timing = *timing;
  slice.outcome = *outcome;
  slice.endpoint = static_cast<uint32_t>(endpoint - result.endpoints.begin());
  return slice;
}

// What stands before the intervals.
base::Result<void> ReadHead(const std::vector<std::string>& comments, LoadResult& result) {
  if (comments.empty() || !comments.front().starts_with("hone load ")) return Broken("its first line");
  Words version(std::string_view(comments.front()).substr(10));
  const int number = version.Number<int>();
  if (version.broken() || number < 1) return Broken("its version");
  if (number > kVersion) return base::Fail(base::Code::kTooNew, "The load capture was written by a newer hone");
  for (size_t i = 1; i < comments.size(); ++i) {
    const std::string_view comment = comments[i];
    if (!comment.starts_with(kPrefix) || !ReadComment(comment.substr(kPrefix.size()), result)) return Broken(comment);
  }
  result.counts.resize(result.endpoints.size());
  return {};
}

}  // namespace

std::string Encode(const LoadResult& result) {
  stats::HistogramLog log;
  log.comments.push_back(fmt::format("hone load {}", kVersion));
  log.comments.push_back(fmt::format("hone plan {} {} {} {} {}", base::FormatExact(result.rate), Name(result.arrivals),
                                     result.connections, result.threads, result.seed));
  log.comments.push_back(fmt::format("hone window {} {} {}", result.start, result.end, result.interrupted ? 1 : 0));
  log.comments.push_back(fmt::format("hone generator {} {} {} {} {}", result.cpu, result.wall, result.opened,
                                     result.queued, result.queue_peak));
  for (const std::string& endpoint : result.endpoints) log.comments.push_back("hone endpoint " + OneLine(endpoint));
  for (size_t i = 0; i < result.counts.size(); ++i) log.comments.push_back(CountsLine(i, result.counts[i]));
  std::string bytes = stats::WriteHistogramLog(log);
  for (const Slice& slice : result.slices) {
    stats::HistogramInterval interval{
        .tag = OneLine(Tag(result, slice)), .start_ns = slice.start, .length_ns = base::kSecond};
    for (const auto& [index, count] : slice.counts)
      interval.histogram.RecordMany(stats::Histogram::BucketAt(index).lo, count);
    bytes += stats::HistogramLogLine(interval);
  }
  return bytes;
}

base::Result<LoadResult> Decode(std::string_view bytes) {
  LoadResult result;
  std::optional<size_t> head;  // lines of it
  const auto take = [&](const stats::HistogramLog& so_far,
                        const stats::HistogramInterval& interval) -> base::Result<void> {
    if (!head) HONE_CHECK_OK(ReadHead(so_far.comments, result));
    head = head.value_or(so_far.comments.size());
    auto slice = ReadTag(interval.tag, result);
    if (!slice) return Broken(interval.tag);
    slice->start = interval.start_ns;
    for (const auto& bucket : interval.histogram.Buckets()) {
      slice->counts.emplace_back(static_cast<uint32_t>(stats::Histogram::IndexOf(bucket.lo)),
                                 static_cast<uint32_t>(bucket.count));
    }
    result.slices.push_back(*std::move(slice));
    return {};
  };
  HONE_TRY(const stats::HistogramLog log, stats::ReadHistogramLog(bytes, take));
  if (!head) HONE_CHECK_OK(ReadHead(log.comments, result));
  if (head && log.comments.size() != *head) return Broken("a comment behind the head");
  return result;
}

base::Result<stats::Histogram> Merged(const LoadResult& result, Timing timing, Outcome outcome,
                                      std::string_view endpoint) {
  const bool known = endpoint.empty() ||
                     std::find(result.endpoints.begin(), result.endpoints.end(), endpoint) != result.endpoints.end();
  if (!known) return base::Fail(base::Code::kNotFound, "The load capture has no such endpoint", std::string(endpoint));
  stats::Histogram merged;
  for (const Slice& slice : result.slices) {
    if (slice.warmup || slice.timing != timing || slice.outcome != outcome) continue;
    if (!endpoint.empty() && result.endpoints[slice.endpoint] != endpoint) continue;
    for (const auto& [index, count] : slice.counts) merged.RecordMany(stats::Histogram::BucketAt(index).lo, count);
  }
  return merged;
}

}  // namespace hone::load
