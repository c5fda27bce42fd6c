// The service's Prometheus text while it is under load: scraped on a thread of its own, once a second.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"

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
  ~MetricsWatch();
  MetricsWatch(const MetricsWatch&) = delete;
  MetricsWatch& operator=(const MetricsWatch&) = delete;
  std::vector<MetricsPoint> Stop();

 private:
  void Run();
  void Scrape();

  std::string url_;
  std::vector<MetricsPoint> points_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace hone::ops
