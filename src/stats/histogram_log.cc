#include "stats/histogram_log.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/clock.h"

namespace hone::stats {
namespace {

constexpr std::string_view kVersion = "[Histogram log format version 1.";
constexpr std::string_view kStartTime = "[StartTime: ";
constexpr std::string_view kBaseTime = "[BaseTime: ";
constexpr std::string_view kLegend = "\"StartTimestamp\",";

std::string EscapeTag(std::string_view tag) {
  std::string escaped;
  for (const char c : tag) {
    if (c <= ' ' || c == ',' || c == '%' || c == '\x7F') {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string UnescapeTag(std::string_view tag) {
  std::string plain;
  for (size_t i = 0; i < tag.size(); ++i) {
    unsigned code = 0;
    const char* const hex = tag.data() + i + 1;
    if (tag[i] == '%' && i + 2 < tag.size() && std::from_chars(hex, hex + 2, code, 16).ptr == hex + 2) {
      plain += static_cast<char>(code);
      i += 2;
    } else {
      plain += tag[i];
    }
  }
  return plain;
}

// A finite number that fills the whole text.
std::optional<double> Number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// The time of "[StartTime: 1441812279.474 (seconds since epoch), ...]".
std::optional<double> HeaderTime(std::string_view comment, std::string_view prefix) {
  if (!comment.starts_with(prefix)) return std::nullopt;
  const std::string_view rest = comment.substr(prefix.size());
  return Number(rest.substr(0, rest.find(' ')));
}

std::optional<int64_t> Nanoseconds(std::string_view seconds) {
  const std::optional<double> value = Number(seconds);
  if (!value || std::abs(*value) > 9e9) return std::nullopt;
  return std::llround(*value * base::kNsPerSecond);
}

std::string_view TakeField(std::string_view& line) {
  const size_t comma = std::min(line.find(','), line.size());
  const std::string_view field = line.substr(0, comma);
  line.remove_prefix(std::min(comma + 1, line.size()));
  return field;
}

base::Result<HistogramInterval> ReadInterval(std::string_view line, int number) {
  const auto fail = [&](std::string_view why) {
    return base::Fail(base::Code::kInput, fmt::format("Line {} of the histogram log: {}", number, why));
  };
  HistogramInterval interval;
  if (line.starts_with("Tag=")) interval.tag = UnescapeTag(TakeField(line).substr(4));
  const std::optional<int64_t> start = Nanoseconds(TakeField(line));
  const std::optional<int64_t> length = Nanoseconds(TakeField(line));
  if (!start || !length) return fail("start and length must be seconds");
  if (!Number(TakeField(line))) return fail("the maximum must be a number");
  base::Result<Histogram> histogram = Histogram::DecodeBase64(line);
  if (!histogram) return fail(histogram.error().what);
  interval.start_ns = *start;
  interval.length_ns = *length;
  interval.histogram = *std::move(histogram);
  return interval;
}

}  // namespace

std::string WriteHistogramLog(const HistogramLog& log) {
  std::string text;
  for (const std::string& comment : log.comments) text += fmt::format("#{}\n", comment);
  text += "#[Histogram log format version 1.3]\n";
  if (log.start_time_s != 0) text += fmt::format("#[StartTime: {:.3f} (seconds since epoch)]\n", log.start_time_s);
  if (log.base_time_s != 0) text += fmt::format("#[BaseTime: {:.3f} (seconds since epoch)]\n", log.base_time_s);
  text += "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
  for (const HistogramInterval& interval : log.intervals) text += HistogramLogLine(interval);
  return text;
}

std::string HistogramLogLine(const HistogramInterval& interval) {
  const std::string tag = interval.tag.empty() ? "" : fmt::format("Tag={},", EscapeTag(interval.tag));
  return fmt::format("{}{:.6f},{:.6f},{:.3f},{}\n", tag, static_cast<double>(interval.start_ns) / base::kNsPerSecond,
                     static_cast<double>(interval.length_ns) / base::kNsPerSecond,
                     static_cast<double>(interval.histogram.Max()) / base::kNsPerMs,
                     interval.histogram.EncodeCompressedBase64());
}

base::Result<HistogramLog> ReadHistogramLog(std::string_view text) {
  std::vector<HistogramInterval> intervals;
  HONE_TRY(HistogramLog log,
           ReadHistogramLog(text, [&](const HistogramLog&, const HistogramInterval& interval) -> base::Result<void> {
             intervals.push_back(interval);
             return {};
           }));
  log.intervals = std::move(intervals);
  return log;
}

base::Result<HistogramLog> ReadHistogramLog(std::string_view text, const TakeInterval& take) {
  HistogramLog log;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with(kLegend)) continue;
    if (line.front() != '#') {
      HONE_TRY(const HistogramInterval interval, ReadInterval(line, number));
      HONE_CHECK_OK(take(log, interval));
      continue;
    }
    line.remove_prefix(1);
    if (line.starts_with(kVersion)) continue;
    if (const auto start = HeaderTime(line, kStartTime)) {
      log.start_time_s = *start;
    } else if (const auto base = HeaderTime(line, kBaseTime)) {
      log.base_time_s = *base;
    } else {
      log.comments.emplace_back(line);
    }
  }
  return log;
}

}  // namespace hone::stats
