// HdrHistogram's interval log, format 1.3: lines of tag, start, length, maximum and compressed histogram.
//
// Source: HdrHistogram's HistogramLogWriter and HistogramLogReader. Times are seconds since the log's base time; maxima
// are written in milliseconds of nanosecond values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "stats/histogram.h"

namespace hone::stats {

struct HistogramInterval {
  std::string tag = {};  // any text; written percent-encoded, since the format forbids commas and white space
  int64_t start_ns = 0;  // since the base time; written to the microsecond
  int64_t length_ns = 0;
  Histogram histogram = {};
};

struct HistogramLog {
  std::vector<std::string> comments = {};  // without the leading '#', in order; those of the format itself are left out
  double start_time_s = 0;                 // seconds since 1970, 0 if absent
  double base_time_s = 0;                  // likewise
  std::vector<HistogramInterval> intervals = {};
};

// A whole log. Equal logs give equal bytes (under one version of zlib). Comments must not hold line breaks.
std::string WriteHistogramLog(const HistogramLog& log);

// The line of one interval, with its line break: a log may be written without ever holding all of its histograms.
std::string HistogramLogLine(const HistogramInterval& interval);

// kInput with the line's number where a line is not what the format says. Reads versions 1.0 to 1.3.
base::Result<HistogramLog> ReadHistogramLog(std::string_view text);

// The same, one interval after the other: a dense histogram takes tens of kilobytes. `take` also gets the log as read
// so far, without intervals; its first error ends the reading and is the answer.
using TakeInterval = std::function<base::Result<void>(const HistogramLog& so_far, const HistogramInterval& interval)>;
base::Result<HistogramLog> ReadHistogramLog(std::string_view text, const TakeInterval& take);

}  // namespace hone::stats
