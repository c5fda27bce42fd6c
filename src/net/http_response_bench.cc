#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "net/http_response.h"

namespace hone::net {
namespace {

void Parse(benchmark::State& state, const std::string& response) {
  ResponseParser parser;
  for (auto _ : state) {
    parser.Begin();
    std::string_view bytes = response;
    auto event = parser.Feed(bytes);
    while (event == ResponseParser::Event::kHead || event == ResponseParser::Event::kBody) event = parser.Feed(bytes);
    benchmark::DoNotOptimize(event);
  }
  state.SetBytesProcessed(static_cast<int64_t>(response.size()) * state.iterations());
}

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nDate: Tue, 24 Nov 2026 03:00:18 "
    "GMT\r\nX-Request-Id: 7f1c\r\n";
BENCHMARK_CAPTURE(Parse, small_json, std::string(kHead) + "Content-Length: 120\r\n\r\n" + std::string(120, 'x'));
BENCHMARK_CAPTURE(Parse, chunked,
                  std::string(kHead) + "Transfer-Encoding: chunked\r\n\r\n800\r\n" + std::string(2048, 'x') +
                      "\r\n0\r\n\r\n");

}  // namespace
}  // namespace hone::net
