#include "service/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/files.h"
#include "host/process_stats.h"
#include "service/go_toolchain.h"
#include "service/known_programs.h"

namespace hone::service {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ServiceTest : public ::testing::Test {
 protected:
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("service-test").value();
  host::Guardian guardian_ = host::Guardian::Start(folder_.path()).value();
  evidence::Redactor redactor_;
  base::Task task_;

  // A program in the folder that runs these shell lines.
  std::string Script(const std::string& name, const std::string& lines) {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path) << "#!/bin/sh\n" << lines;
    ::chmod(path.c_str(), 0755);
    return path.string();
  }

  ServiceSpec Spec(const std::string& lines) {
    ServiceSpec spec;
    spec.name = "demo";
    spec.run_dir = folder_.path();
    spec.dir = folder_.path();
    spec.argv = {Script("demo.sh", lines)};
    spec.ready_timeout = std::chrono::seconds(20);
    return spec;
  }

  // A server of this process that answers everything with `status`, until the test ends; its port.
  uint16_t Listen(int status) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener, std::bit_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener, 8), 0);
    EXPECT_EQ(::getsockname(listener, std::bit_cast<sockaddr*>(&address), &size), 0);
    listener_.Reset(listener);
    server_ = std::jthread([listener, status] {
      for (;;) {
        const base::FileDescriptor client(::accept(listener, nullptr, nullptr));
        if (!client) return;  // shut down
        char request[4096];
        const std::string answer =
            "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        if (::read(client.get(), request, sizeof request) <= 0) continue;
        EXPECT_GT(::write(client.get(), answer.data(), answer.size()), 0);
      }
    });
    return ntohs(address.sin_port);
  }

  void TearDown() override {
    if (listener_) ::shutdown(listener_.get(), SHUT_RDWR);
  }

  base::FileDescriptor listener_;
  std::jthread server_;

  Command Run(const std::string& lines) {
    Command command;
    command.argv = {Script("command.sh", lines)};
    command.dir = folder_.path();
    return command;
  }
};

TEST(Environment, HoldsWhatBuildsNeedAndNoSecretOfHones) {
  ::setenv("HONE_TEST_TOKEN", "secret", 1);
  const auto environment = MakeEnvironment({{"PORT", "1"}});
  EXPECT_THAT(environment, Contains(StartsWith("PATH=")));
  EXPECT_THAT(environment, Contains("PORT=1"));
  EXPECT_THAT(environment, Not(Contains(StartsWith("HONE_TEST_TOKEN"))));
  ::setenv("GOOGLE_APPLICATION_CREDENTIALS", "secret", 1);
  ::setenv("GOGC", "800", 1);
  EXPECT_THAT(MakeEnvironment({}), Not(Contains(::testing::AnyOf(StartsWith("GOOGLE"), StartsWith("GOGC")))));
  ::unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
  ::unsetenv("GOGC");
}

TEST_F(ServiceTest, ABuildErrorShowsItsFirstLinesWithoutSecrets) {
  redactor_.AddSecret("hunter2hunter2");
  const auto built =
      Build(Run("echo './main.go:3:5: undefined: x hunter2hunter2'; exit 1"), redactor_, guardian_, task_);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, base::Code::kInput);
  EXPECT_THAT(built.error().what, HasSubstr("main.go:3:5: undefined: x"));
  EXPECT_THAT(built.error().what, Not(HasSubstr("hunter2")));
}

TEST_F(ServiceTest, AMissingGoIsAMissingGo) {
  Command command;
  command.argv = {"go", "build"};
  command.dir = folder_.path();
  command.env = {{"PATH", folder_.path().string()}};
  const auto built = Build(command, redactor_, guardian_, task_);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, base::Code::kEnvironment);
  EXPECT_THAT(base::Sentence(built.error()), HasSubstr("no Go on PATH"));
}

TEST_F(ServiceTest, AFailedSeedShowsItsLastLines) {
  const auto ran =
      RunCommand("seed", Run("seq 1 100; echo 'relation does not exist'; exit 3"), redactor_, guardian_, task_);
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().what, HasSubstr("seed command failed (exit status 3)"));
  EXPECT_THAT(ran.error().what, HasSubstr("relation does not exist"));
  EXPECT_THAT(ran.error().what, Not(HasSubstr("\n    50")));
}

TEST_F(ServiceTest, AServiceThatExitsIsSaidAtOnceWithItsLastLines) {
  ServiceSpec spec = Spec("echo 'dial tcp: connection refused' >&2; exit 7");
  spec.ready_url = "http://127.0.0.1:1/healthz";
  auto service = Service::Start(spec, redactor_, guardian_).value();
  const auto ready = service.WaitReady(task_);
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().code, base::Code::kService);
  EXPECT_THAT(ready.error().what, HasSubstr("exit status 7"));
  EXPECT_THAT(ready.error().what, HasSubstr("connection refused"));
}

TEST_F(ServiceTest, AServiceThatNeverGetsReadyTimesOutWithWhatItAnswered) {
  ServiceSpec spec = Spec("exec sleep 1000");
  spec.ready_url = "http://127.0.0.1:1/healthz";
  spec.ready_timeout = std::chrono::milliseconds(60);
  auto service = Service::Start(spec, redactor_, guardian_).value();
  const auto ready = service.WaitReady(task_);
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().code, base::Code::kTimeout);
  EXPECT_THAT(base::Sentence(ready.error()), HasSubstr("[service.ready]"));
  EXPECT_FALSE(service.Stop().forced);
}

TEST_F(ServiceTest, AMissingProgramIsNamed) {
  ServiceSpec spec = Spec("");
  spec.argv = {"/nonexistent/shop"};
  const auto started = Service::Start(spec, redactor_, guardian_);
  ASSERT_FALSE(started);
  EXPECT_THAT(base::Sentence(started.error()), HasSubstr("/nonexistent/shop"));
}

TEST_F(ServiceTest, GetsItsFilesAndItsEnvironment) {
  ServiceSpec spec = Spec("cat config/app.yaml; echo \"$PORT\"");
  spec.env = {{"PORT", "4711"}};
  spec.files = {{"config/app.yaml", "dsn: x\n"}};
  spec.ready_url = "http://127.0.0.1:1/healthz";
  auto service = Service::Start(spec, redactor_, guardian_).value();
  EXPECT_FALSE(service.WaitReady(task_));  // it ends by itself
  EXPECT_THAT(service.OutputTail(), HasSubstr("dsn: x"));
  EXPECT_THAT(service.OutputTail(), HasSubstr("4711"));
}

TEST_F(ServiceTest, ATakenPortIsSaidBeforeTheStart) {
  const auto port = Listen(200);
  ServiceSpec spec = Spec("exec sleep 1000");
  spec.ports = {port};
  const auto started = Service::Start(spec, redactor_, guardian_);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, base::Code::kBusy);
  EXPECT_EQ(started.error().what,
            "Port " + std::to_string(port) + " is taken by process " + std::to_string(::getpid()));
}

TEST_F(ServiceTest, IsReadyWithAnAllowedStatusOnly) {
  ServiceSpec spec = Spec("exec sleep 1000");
  spec.ready_url = "http://127.0.0.1:" + std::to_string(Listen(503)) + "/healthz";
  spec.ready_timeout = std::chrono::milliseconds(100);
  auto service = Service::Start(spec, redactor_, guardian_).value();
  const auto ready = service.WaitReady(task_);
  ASSERT_FALSE(ready);
  EXPECT_THAT(ready.error().what, HasSubstr("not ready within 0.1 s: it answered with status 503"));
  spec.ready_status = {200, 503};
  auto lenient = Service::Start(spec, redactor_, guardian_).value();
  EXPECT_TRUE(lenient.WaitReady(task_));
  EXPECT_TRUE(lenient.Alive());
}

TEST_F(ServiceTest, IsReadyOnceItListensWhereThereIsNoUrl) {
  ServiceSpec spec = Spec("exec sleep 1000");
  auto service = Service::Start(spec, redactor_, guardian_).value();
  EXPECT_TRUE(service.WaitReady(task_));
}

TEST_F(ServiceTest, DyingHalfWayIsSeenWithItsLastLines) {
  redactor_.AddSecret("hunter2hunter2");
  auto service = Service::Start(Spec("echo 'panic: hunter2hunter2'; kill -9 $$"), redactor_, guardian_).value();
  const base::Nanos deadline = base::SystemClock().Now() + 20'000'000'000;
  while (service.Alive() && base::SystemClock().Now() < deadline) ::sched_yield();
  const auto alive = service.Alive();
  ASSERT_FALSE(alive);
  EXPECT_EQ(alive.error().code, base::Code::kService);
  EXPECT_THAT(alive.error().what, HasSubstr("killed by signal 9"));
  EXPECT_THAT(alive.error().what, HasSubstr("panic: [redacted]"));
  EXPECT_FALSE(service.Stop().forced);
}

TEST_F(ServiceTest, ASidecarIsNamedInWhatIsSaidOfIt) {
  ServiceSpec spec = Spec("echo 'cannot bind'; exit 3");
  spec.name = "redis";
  spec.sidecar = true;
  auto ended = Service::Start(spec, redactor_, guardian_).value();
  spec.ready_url = "http://127.0.0.1:1/";
  const base::Nanos deadline = base::SystemClock().Now() + 20'000'000'000;
  while (ended.Alive() && base::SystemClock().Now() < deadline) ::sched_yield();
  EXPECT_EQ(base::Sentence(ended.Alive().error()),
            "The sidecar redis ended (exit status 3), its last lines:\n    cannot bind. Start it by hand as `run` of "
            "its [[sidecar]] does, and mend what it says");
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "sidecar-redis.log"));
  spec.argv = {Script("slow.sh", "exec sleep 1000")};
  spec.ready_timeout = std::chrono::milliseconds(60);
  auto slow = Service::Start(spec, redactor_, guardian_).value();
  const auto ready = slow.WaitReady(task_);
  ASSERT_FALSE(ready);
  EXPECT_THAT(
      base::Sentence(ready.error()),
      ::testing::AllOf(HasSubstr("The sidecar redis was not ready within 0.06 s"), HasSubstr("[sidecar.ready]")));
}

TEST_F(ServiceTest, IsReadyWhenItsCommandSucceeds) {
  ServiceSpec spec = Spec("touch there; exec sleep 1000");
  spec.env = {{"WANTED", "there"}};
  spec.ready_command = {Script("ready.sh", "test -e \"$WANTED\"")};
  auto service = Service::Start(spec, redactor_, guardian_).value();
  EXPECT_TRUE(service.WaitReady(task_));
  spec.env = {{"WANTED", "missing"}};
  spec.ready_timeout = std::chrono::milliseconds(60);
  auto never = Service::Start(spec, redactor_, guardian_).value();
  EXPECT_THAT(never.WaitReady(task_).error().what, HasSubstr("ready.sh` ends with exit status 1"));
  spec.ready_command = {"/nonexistent/redis-cli"};
  auto missing = Service::Start(spec, redactor_, guardian_).value();
  EXPECT_EQ(missing.WaitReady(task_).error().code, base::Code::kEnvironment);
}

TEST_F(ServiceTest, AMissingSidecarComesWithItsPackage) {
  ServiceSpec spec = Spec("");
  spec.sidecar = true;
  spec.env = {{"PATH", folder_.path().string()}};
  spec.argv = {"redis-server"};
  const auto started = Service::Start(spec, redactor_, guardian_);
  ASSERT_FALSE(started);
  EXPECT_EQ(
      base::Sentence(started.error()),
      "Cannot start redis-server: No such file or directory. Install it (Debian: `apt-get install redis-server`), "
      "or mend the command in hone.toml");
}

TEST(KnownPrograms, AreFoundByImageAndByProgram) {
  EXPECT_EQ(FindImage("docker.io/library/redis:7-alpine")->program, "redis-server");
  EXPECT_EQ(FindImage("valkey/valkey@sha256:00")->program, "valkey-server");
  EXPECT_EQ(FindImage("bitnami/postgresql"), nullptr);
  EXPECT_EQ(FindProgram("/usr/bin/memcached")->name, "Memcached");
  EXPECT_EQ(UsualOfPort(9092), "Kafka");
  EXPECT_EQ(UsualOfPort(1), "");
}

TEST_F(ServiceTest, AMissingFolderIsNotAMissingProgram) {
  Command command = Run("true");
  command.argv = {"go", "build"};
  command.dir = folder_.path() / "missing";
  const auto built = Build(command, redactor_, guardian_, task_);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, base::Code::kInput);
  EXPECT_THAT(base::Sentence(built.error()), HasSubstr("missing"));
}

TEST(GoVersion, ReadsWhatGoSays) {
  EXPECT_EQ(ParseGoVersion("go version go1.26.8 linux/amd64\n")->minor, 26);
  EXPECT_EQ(ParseGoVersion("go version go1.26.8 linux/amd64\n")->patch, 8);
  EXPECT_EQ(ParseGoVersion("go version go1.22rc1 linux/amd64")->minor, 22);
  EXPECT_EQ(ParseGoVersion("go version devel go1.27-abcdef Mon linux/amd64")->text, "go1.27");
  EXPECT_FALSE(ParseGoVersion("command not found"));
}

TEST_F(ServiceTest, AnOldGoIsRefusedByName) {
  Script("go", "echo 'go version go1.19.8 linux/amd64'");
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (folder_.path().string() + ":" + path).c_str(), 1);
  const auto go = FindGo(folder_.path(), guardian_, task_);
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(go);
  EXPECT_THAT(base::Sentence(go.error()), HasSubstr("go1.19.8 is too old"));
}

}  // namespace
}  // namespace hone::service
