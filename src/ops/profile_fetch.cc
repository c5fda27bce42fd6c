#include "ops/profile_fetch.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "net/http_client.h"

namespace hone::ops {
namespace {

base::Result<std::string> FetchOk(const std::string& url, base::Nanos timeout) {
  constexpr int kOk = 200;
  HONE_TRY(net::HttpAnswer answer, net::Fetch(url, base::SystemClock().Now() + timeout));
  if (answer.status != kOk) {
    return base::Fail(base::Code::kService, fmt::format("pprof answered with status {}", answer.status), url,
                      "Mount net/http/pprof there, or mend [pprof] url in hone.toml");
  }
  return std::move(answer.body);
}

}  // namespace

void ProfileFetch::Start(const std::string& pprof_url, int seconds) {
  constexpr base::Nanos kSlack = 20 * base::kSecond;
  bytes_ = std::async(std::launch::async, [url = fmt::format("{}/profile?seconds={}", pprof_url, seconds), seconds] {
    return FetchOk(url, seconds * base::kSecond + kSlack);
  });
}

base::Result<std::string> ProfileFetch::Take() { return bytes_.get(); }

base::Result<std::string> FetchProfile(const std::string& pprof_url, const std::string& name) {
  constexpr base::Nanos kTimeout = 20'000'000'000;
  return FetchOk(pprof_url + "/" + name, kTimeout);
}

}  // namespace hone::ops
