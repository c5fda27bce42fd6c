#include "ops/metrics_watch.h"

#include <utility>

#include "net/http_client.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kScrapeEvery = 1'000'000'000;
constexpr base::Nanos kScrapeTimeout = 2'000'000'000;

}  // namespace

MetricsWatch::MetricsWatch(std::string url) : url_(std::move(url)) {
  Scrape();
  if (!url_.empty()) ticker_.emplace(kScrapeEvery, [this] { Scrape(); });
}

void MetricsWatch::Scrape() {
  constexpr int kOk = 200;
  if (url_.empty()) return;
  const base::Nanos now = base::SystemClock().Now();
  auto answer = net::Fetch(url_, now + kScrapeTimeout);
  if (answer && answer->status == kOk) points_.push_back({now, std::move(answer->body)});
}

std::vector<MetricsPoint> MetricsWatch::Stop() {
  if (ticker_) {
    ticker_.reset();
    Scrape();
  }
  return std::move(points_);
}

}  // namespace hone::ops
