#include "service/instrument.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "net/http_client.h"
#include "service/instrument_source.h"

namespace hone::service {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Package main with names that an import could meet, and a default mux that must stay empty.
constexpr std::string_view kMain = R"go(package main

import "net/http"

var pprof, runtime, os = 1, 2, 3

func net() int { return pprof + runtime + os }

func main() {
	http.Handle("/", http.NotFoundHandler())
	for {
		select {}
	}
}
)go";
constexpr std::string_view kModule = "module example.com/tiny\n\ngo 1.24\n";

class InstrumentTest : public testing::Test {
 protected:
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("instrument-test").value();
  host::Guardian guardian_ = host::Guardian::Start(folder_.path()).value();
  evidence::Redactor redactor_;
  base::Task task_;
  fs::path sources_ = folder_.path() / "src";
  fs::path bin_ = folder_.path() / "bin";
  fs::path address_ = folder_.path() / "address";

  void Write(const std::string& name, std::string_view text) {
    fs::create_directories((sources_ / name).parent_path());
    std::ofstream(sources_ / name) << text;
  }

  Command Build(std::vector<std::string> argv) {
    return {.argv = std::move(argv), .dir = sources_, .env = {{"GOPROXY", "off"}}};
  }

  Instrumentation Ask(const Command& command) {
    return Instrument(command, folder_.path() / "overlay", guardian_, task_).value();
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(sources_)) files.push_back(entry.path().string());
    std::ranges::sort(files);
    return files;
  }

  // Builds, starts, and answers where pprof is; the process runs until the test ends.
  std::optional<PprofListener> Run(const Command& command) {
    const std::vector<std::string> before = Files();
    const Instrumentation instrumentation = Ask(command);
    EXPECT_TRUE(instrumentation.build) << instrumentation.why_not;
    if (!instrumentation.build) return std::nullopt;
    const auto built = service::Build(*instrumentation.build, redactor_, guardian_, task_);
    EXPECT_TRUE(built) << base::Sentence(built.error());
    EXPECT_EQ(before, Files());
    if (!built) return std::nullopt;
    host::ChildSpec spec;
    spec.argv = {bin_.string()};
    spec.env = MakeEnvironment({{std::string(kAddressVariable), address_.string()}});
    child_.emplace(host::Child::Start(std::move(spec), guardian_).value());
    for (base::Nanos end = task_.clock().Now() + 20'000'000'000; task_.clock().Now() < end && !child_->Exited();) {
      if (auto listener = ReadPprofListener(address_)) return listener;
      task_.clock().SleepUntil(task_.clock().Now() + 5'000'000);
    }
    return std::nullopt;
  }

  std::string Get(const std::string& url) {
    const auto answer = net::Fetch(url, task_.clock().Now() + 20'000'000'000);
    EXPECT_TRUE(answer) << base::Sentence(answer.error());
    return answer ? fmt::format("{} {}", answer->status, answer->body) : "";
  }

  std::optional<host::Child> child_;
};

TEST_F(InstrumentTest, ServesProfilesOnAListenerOfItsOwn) {
  Write("go.mod", kModule);
  Write("cmd/api/main.go", kMain);
  const auto listener = Run(Build({"go", "build", "-o", bin_.string(), "./cmd/api"}));
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->pid, child_->pid());
  EXPECT_THAT(Get(listener->url + "/goroutine?debug=2"), testing::StartsWith("200 goroutine "));
  EXPECT_THAT(Get(listener->url + "/mutex?debug=1"), HasSubstr("sampling period=100\n"));
  EXPECT_THAT(Get(listener->url + "/mutex?debug=1&fraction=10"), HasSubstr("sampling period=10\n"));
  for (const char* name : {"heap?gc=1", "allocs", "block?rate=1000", "mutex", "threadcreate", "profile?seconds=1"})
    EXPECT_THAT(Get(listener->url + "/" + name), testing::StartsWith("200 \x1f\x8b")) << name;
  EXPECT_THAT(Get(listener->url + "/trace?seconds=1"), testing::StartsWith("200 go 1."));
  EXPECT_THAT(Get(listener->url + "/cmdline"), testing::StartsWith("404 "));
  EXPECT_EQ(child_->OutputHead(), "");
  // The default mux would have its own handlers there had net/http/pprof been linked.
  EXPECT_THAT(Get(listener->url + "/goroutine?debug=2"), testing::Not(HasSubstr("net/http/pprof")));
}

TEST_F(InstrumentTest, DoesNothingWithoutItsVariable) {
  Write("go.mod", kModule);
  Write("main.go", "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(\"migrated\\n\") }\n");
  const Command build = *Ask(Build({"go", "build", "-o", bin_.string()})).build;
  ASSERT_TRUE(service::Build(build, redactor_, guardian_, task_));
  const auto ran = host::RunToEnd({.argv = {bin_.string()}}, guardian_, std::chrono::seconds(20), task_);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->head, "migrated\n");
}

TEST_F(InstrumentTest, BuildsNamedFiles) {
  Write("go.mod", kModule);
  Write("cmd/main.go", kMain);
  Write("cmd/zz_hone_pprof.go", "package main\n\nconst taken = 1\n");
  EXPECT_TRUE(Run(Build({"go", "build", "-o", bin_.string(), "cmd/main.go"})));
}

TEST_F(InstrumentTest, BuildsFromAVendorFolder) {
  Write("go.mod", std::string(kModule) + "\nrequire example.com/dep v1.0.0\n");
  Write("vendor/modules.txt", "# example.com/dep v1.0.0\n## explicit; go 1.24\nexample.com/dep\n");
  Write("vendor/example.com/dep/dep.go", "package dep\n\nfunc Wait() { select {} }\n");
  Write("main.go", "package main\n\nimport \"example.com/dep\"\n\nfunc main() { dep.Wait() }\n");
  EXPECT_TRUE(Run(Build({"go", "build", "-mod=vendor", "-trimpath", "-o", bin_.string(), "."})));
}

TEST_F(InstrumentTest, BuildsInAWorkspaceWithTagsAndLinkerFlags) {
  Write("go.work", "go 1.24\n\nuse ./api\nuse ./dep\n");
  Write("dep/go.mod", "module example.com/dep\n\ngo 1.24\n");
  Write("dep/dep.go", "package dep\n\nvar Version string\n");
  Write("api/go.mod", "module example.com/api\n\ngo 1.24\n");
  Write("api/cmd/run.go",
        "//go:build prod\n\npackage main\n\nimport \"example.com/dep\"\n\n"
        "func main() {\n\tif dep.Version != \"1 2\" {\n\t\tpanic(dep.Version)\n\t}\n\tselect {}\n}\n");
  EXPECT_TRUE(Run(Build({"env", "GOFLAGS=-buildvcs=false", "go", "build", "-C", "api", "-tags", "prod,other",
                         "-ldflags", "-X 'example.com/dep.Version=1 2' -s -w", "-o", bin_.string(), "./cmd"})));
}

TEST_F(InstrumentTest, BuildsWithC) {
  Write("go.mod", kModule);
  Write("main.go",
        "package main\n\n// #include <unistd.h>\nimport \"C\"\n\nfunc main() {\n\tfor {\n\t\tC.sleep(1)\n\t}\n}\n");
  EXPECT_TRUE(Run(Build({"env", "CGO_ENABLED=1", "go", "build", "-o", bin_.string(), "."})));
}

TEST_F(InstrumentTest, StepsAside) {
  Write("go.mod", kModule);
  Write("main.go", kMain);
  Write("cmd/other/main.go", kMain);
  Write("lib/lib.go", "package lib\n");
  Write("own.json", "{}");
  const auto why = [&](std::vector<std::string> argv) { return Ask(Build(std::move(argv))).why_not; };
  EXPECT_THAT(why({}), HasSubstr("no build"));
  EXPECT_THAT(why({"make", "api"}), HasSubstr("no `go build`"));
  EXPECT_THAT(why({"go", "build", "-overlay", "own.json", "-o", bin_.string(), "."}), HasSubstr("-overlay of its own"));
  EXPECT_THAT(why({"env", "GOFLAGS=-trimpath -overlay=own.json", "go", "build", "."}), HasSubstr("GOFLAGS"));
  EXPECT_THAT(why({"go", "build", "-o", bin_.string(), "./..."}), HasSubstr("3 packages"));
  EXPECT_THAT(why({"go", "build", "./lib"}), HasSubstr("instead of one program"));
  EXPECT_THAT(why({"go", "build", "./nowhere"}), HasSubstr("go list"));
}

TEST(PprofListener, IsReadWholeOrNotAtAll) {
  const auto folder = base::TemporaryDirectory::Create("listener-test").value();
  const fs::path file = folder.path() / "address";
  EXPECT_FALSE(ReadPprofListener(file));
  for (const char* text : {"", "12", "12 127.0.0.1:80", "x 127.0.0.1:80\n", "12 127.0.0.1:\n", "-1 127.0.0.1:80\n",
                           "12 127.0.0.1:99999\n", "127.0.0.1:80\n"}) {
    ASSERT_TRUE(base::WriteFile(file, text));
    EXPECT_FALSE(ReadPprofListener(file)) << text;
  }
  ASSERT_TRUE(base::WriteFile(file, "4711 127.0.0.1:41234\n"));
  const auto listener = ReadPprofListener(file);
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->pid, 4711);
  EXPECT_EQ(listener->port, 41234);
  EXPECT_EQ(listener->url, "http://127.0.0.1:41234/debug/pprof");
}

}  // namespace
}  // namespace hone::service
