#include "ops/metrics_watch.h"

#include <utility>

#include "net/http_client.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kEvery = 1'000'000'000;
constexpr base::Nanos kStep = 100'000'000;  // how soon Stop() is heard
constexpr base::Nanos kTimeout = 2'000'000'000;

}  // namespace

MetricsWatch::MetricsWatch(std::string url) : url_(std::move(url)) {
  Scrape();
  if (!url_.empty()) thread_ = std::thread([this] { Run(); });
}

MetricsWatch::~MetricsWatch() { Stop(); }

void MetricsWatch::Scrape() {
  constexpr int kOk = 200;
  if (url_.empty()) return;
  const base::Nanos now = base::SystemClock().Now();
  auto answer = net::Fetch(url_, now + kTimeout);
  if (answer && answer->status == kOk) points_.push_back({now, std::move(answer->body)});
}

void MetricsWatch::Run() {
  base::Nanos next = base::SystemClock().Now() + kEvery;
  while (!stop_.load()) {
    base::SystemClock().SleepUntil(base::SystemClock().Now() + kStep);
    if (base::SystemClock().Now() < next) continue;
    Scrape();
    next += kEvery;
  }
}

std::vector<MetricsPoint> MetricsWatch::Stop() {
  stop_.store(true);
  if (thread_.joinable()) {
    thread_.join();
    Scrape();
  }
  return std::move(points_);
}

}  // namespace hone::ops
