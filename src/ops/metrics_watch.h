// The service's Prometheus text while it is under load: scraped on a thread of its own, once a second.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ticker.h"

namespace hone::ops {

// One answer of the metrics endpoint, as it came: to be redacted before it is kept.
struct MetricsPoint {
  base::Nanos at_ns = 0;
  std::string text = {};
};

// Scrapes from construction to Stop (or destruction), and at both ends. Answers that are none (a refusal, an error
// status) are left out.
class MetricsWatch {
 public:
  // `url` empty: there is nothing to scrape.
  explicit MetricsWatch(std::string url);
  MetricsWatch(const MetricsWatch&) = delete;
  MetricsWatch& operator=(const MetricsWatch&) = delete;
  std::vector<MetricsPoint> Stop();

 private:
  void Scrape();

  std::string url_;
  std::vector<MetricsPoint> points_;
  std::optional<base::Ticker> ticker_;  // while it runs
};

}  // namespace hone::ops
