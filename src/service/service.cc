#include "service/service.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cstdlib>

#include "base/clock.h"
#include "base/files.h"
#include "host/process_stats.h"
#include "net/http_client.h"
#include "service/go_toolchain.h"
#include "service/known_programs.h"

namespace hone::service {
namespace {

constexpr std::chrono::milliseconds kStopGrace = std::chrono::seconds(5);
constexpr size_t kLinesShown = 12;

// What a build needs of hone's own environment. By name: GOOGLE_APPLICATION_CREDENTIALS begins with GO too, and GOGC,
// GOMAXPROCS, GOMEMLIMIT and GODEBUG would change what is measured without standing in hone.toml.
constexpr std::string_view kBasic[] = {
    "PATH",          "HOME",         "USER",           "LOGNAME",        "LANG",
    "LC_ALL",        "TZ",           "TMPDIR",         "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY",     "HTTPS_PROXY",    "NO_PROXY",
    "http_proxy",    "https_proxy",  "no_proxy",       "GO111MODULE",    "GOARCH",
    "GOAMD64",       "GOARM64",      "GOAUTH",         "GOBIN",          "GOCACHE",
    "GOCACHEPROG",   "GOENV",        "GOEXPERIMENT",   "GOFIPS140",      "GOFLAGS",
    "GOINSECURE",    "GOMODCACHE",   "GONOPROXY",      "GONOSUMDB",      "GOOS",
    "GOPATH",        "GOPRIVATE",    "GOPROXY",        "GOROOT",         "GOSUMDB",
    "GOTMPDIR",      "GOTOOLCHAIN",  "GOVCS",          "GOWORK",         "CC",
    "CXX",           "PKG_CONFIG",   "PKG_CONFIG_PATH"};

bool IsBasic(std::string_view name) {
  return std::ranges::find(kBasic, name) != std::end(kBasic) || name.starts_with("CGO_");
}

std::string Indented(const std::string& text) {
  std::string out;
  size_t lines = 0;
  for (size_t at = 0; at < text.size() && lines < kLinesShown; ++lines) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += "\n    " + text.substr(at, end - at);
    at = end + 1;
  }
  return out;
}

std::string LastOf(const std::string& text, size_t lines) {
  size_t at = text.find_last_not_of('\n');
  if (at == std::string::npos) return "";
  const size_t end = at + 1;
  while (lines > 0 && at != std::string::npos) {
    at = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    --lines;
  }
  return text.substr(at == std::string::npos ? 0 : at + 1, end - (at == std::string::npos ? 0 : at + 1));
}

host::ChildSpec MakeChild(const Command& command) {
  host::ChildSpec spec;
  spec.argv = command.argv;
  spec.env = MakeEnvironment(command.env);
  spec.cwd = command.dir;
  return spec;
}

// "Install it by `apt-get install redis-server` or the like", for a sidecar whose package is known.
std::string HowToInstall(const std::string& program) {
  const KnownProgram* known = FindProgram(program);
  return known == nullptr ? "Install it"
                          : fmt::format("Install it (Debian: `apt-get install {}`)", std::string(known->package));
}

std::unexpected<base::Error> MissingProgram(const std::string& program, const base::Error& error) {
  if (error.code != base::Code::kNotFound) return std::unexpected(error);
  if (program == "go") {
    return base::Fail(base::Code::kEnvironment, "There is no Go on PATH", "", InstallGo());
  }
  return base::Fail(base::Code::kEnvironment, error.what, error.subject,
                    HowToInstall(program) + ", or mend the command in hone.toml");
}

// "The service", "The sidecar redis".
std::string What(const ServiceSpec& spec) { return spec.sidecar ? "The sidecar " + spec.name : "The service"; }

}  // namespace

std::vector<std::string> MakeEnvironment(const std::map<std::string, std::string>& extra) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos && IsBasic(text.substr(0, equals)))
      merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : extra) merged[name] = value;
  std::vector<std::string> environment;
  for (const auto& [name, value] : merged) environment.push_back(name + "=" + value);
  return environment;
}

base::Result<void> Build(const Command& command, const evidence::Redactor& redactor, const host::Guardian& guardian,
                         const base::Task& task) {
  const auto built = host::RunToEnd(MakeChild(command), guardian, command.timeout, task);
  if (!built) return MissingProgram(command.argv.front(), built.error());
  if (built->exit.ok()) return {};
  return base::Fail(base::Code::kInput,
                    fmt::format("The build failed ({})", built->exit.Text()) + Indented(redactor.Scrub(built->head)),
                    "", "");
}

base::Result<void> RunCommand(std::string_view what, const Command& command, const evidence::Redactor& redactor,
                              const host::Guardian& guardian, const base::Task& task) {
  const auto ran = host::RunToEnd(MakeChild(command), guardian, command.timeout, task);
  if (!ran) return MissingProgram(command.argv.front(), ran.error());
  if (ran->exit.ok()) return {};
  return base::Fail(base::Code::kInput, fmt::format("The {} command failed ({})", what, ran->exit.Text()) +
                                            Indented(redactor.Scrub(LastOf(ran->tail, kLinesShown))));
}

Service::Service(ServiceSpec spec, const evidence::Redactor& redactor, const host::Guardian& guardian,
                 host::Child child)
    : spec_(std::move(spec)), redactor_(redactor), guardian_(&guardian), child_(std::move(child)) {}

base::Result<void> WriteFiles(const std::filesystem::path& run_dir, const Files& files) {
  for (const auto& [path, content] : files) {
    const std::filesystem::path file = path.is_absolute() ? path : run_dir / path;
    HONE_CHECK_OK(base::MakeDirectories(file.parent_path(), 0700));
    HONE_CHECK_OK(base::WriteFile(file, content, 0600));
  }
  return {};
}

base::Result<Service> Service::Start(const ServiceSpec& spec, const evidence::Redactor& redactor,
                                     const host::Guardian& guardian) {
  for (const uint16_t port : spec.ports) {
    if (!host::IsListening(port)) continue;
    const auto holder = host::ListenerOfPort(port);  // unknown where it is somebody else's
    return base::Fail(
        base::Code::kBusy,
        fmt::format("Port {} is taken by {}", port, holder ? fmt::format("process {}", *holder) : "another process"),
        spec.name,
        fmt::format("Use ${{port{}}} in hone.toml: hone then finds a free one", spec.sidecar ? "." + spec.name : ""));
  }
  HONE_CHECK_OK(WriteFiles(spec.run_dir, spec.files));
  host::ChildSpec child;
  child.argv = spec.argv;
  child.env = MakeEnvironment(spec.env);
  child.cwd = spec.dir;
  child.cgroups = spec.cgroups;
  child.log = spec.run_dir / ((spec.sidecar ? "sidecar-" : "") + spec.name + ".log");
  child.grace = kStopGrace;
  auto started = host::Child::Start(std::move(child), guardian);
  if (!started) return MissingProgram(spec.argv.front(), started.error());
  return Service(spec, redactor, guardian, *std::move(started));
}

std::string Service::Ending(const host::Exit& exit) const {
  const std::string last = LastLines(kLinesShown);
  return fmt::format("{} ended ({}){}", What(spec_), exit.Text(),
                     last.empty() ? " without a word" : ", its last lines:" + Indented(last));
}

base::Result<void> Service::Alive() {
  const auto exit = child_.Exited();
  if (!exit) return {};
  return base::Fail(base::Code::kService, Ending(*exit), "",
                    fmt::format("Start it by hand as `run` of {} does, and mend what it says",
                                spec_.sidecar ? "its [[sidecar]]" : "[service]"));
}

base::Result<std::string> Service::NotReady(base::Nanos deadline, const base::Task& task) const {
  constexpr base::Nanos kOnce = 1'000'000'000;
  constexpr base::Nanos kOneCommand = 5'000'000'000;
  // The last try is not cut short by the deadline: what it says is the reason that is given.
  if (!spec_.ready_command.empty()) {
    const base::Nanos left = std::clamp(deadline - task.clock().Now(), kOnce, kOneCommand);
    const Command command = {spec_.ready_command, spec_.dir, spec_.env, {}};
    const auto ran = host::RunToEnd(MakeChild(command), *guardian_, std::chrono::milliseconds(left / 1'000'000), task);
    if (ran) return ran->exit.ok() ? "" : fmt::format("`{}` ends with {}", spec_.ready_command[0], ran->exit.Text());
    if (ran.error().code == base::Code::kTimeout) return base::Sentence(ran.error());
    return MissingProgram(spec_.ready_command.front(), ran.error());
  }
  if (spec_.ready_url.empty()) {
    const bool all = std::ranges::all_of(spec_.ports, [](uint16_t port) { return host::IsListening(port); });
    return all ? "" : "it does not listen on all of its ports";
  }
  const auto answer = net::Fetch(spec_.ready_url, task.clock().Now() + kOnce);
  if (!answer) return base::Sentence(answer.error());
  const bool good = std::ranges::find(spec_.ready_status, answer->status) != spec_.ready_status.end();
  return good ? "" : fmt::format("it answered with status {}", answer->status);
}

base::Result<void> Service::WaitReady(const base::Task& task) {
  constexpr int kPollMs = 20;
  const base::Nanos deadline = task.clock().Now() + std::chrono::nanoseconds(spec_.ready_timeout).count();
  std::string last = "it was not asked";
  while (task.clock().Now() < deadline) {
    HONE_CHECK_OK(task.Check());
    HONE_CHECK_OK(Alive());
    HONE_TRY(last, NotReady(deadline, task));
    if (last.empty()) return {};
    // Until the next try, or at once when the process ends.
    pollfd ended{child_.pidfd(), POLLIN, 0};
    poll(&ended, 1, kPollMs);
  }
  HONE_CHECK_OK(Alive());
  const std::string lines = LastLines(kLinesShown);
  return base::Fail(
      base::Code::kTimeout,
      fmt::format("{} was not ready within {:g} s: {}{}", What(spec_),
                  std::chrono::duration<double>(spec_.ready_timeout).count(), last,
                  lines.empty() ? "" : ", its last lines:" + Indented(lines)),
      "", fmt::format("Mend [{}.ready] in hone.toml, or raise its timeout", spec_.sidecar ? "sidecar" : "service"));
}

pid_t Service::pid() const { return child_.pid(); }

pid_t Service::ServingPid(uint16_t port) const { return host::ListenerOfPort(port).value_or(child_.pid()); }

Service::Stopped Service::Stop() {
  const host::Child::Stopped stopped = child_.Stop(kStopGrace);
  Stopped result{.exit = stopped.exit, .forced = stopped.forced};
  if (stopped.forced) {
    result.caveat = fmt::format("{} ignored SIGTERM for {} s and was killed", spec_.name, kStopGrace.count() / 1000);
  }
  return result;
}

std::string Service::LastLines(size_t lines) const { return redactor_.Scrub(child_.LastLines(lines)); }

std::string Service::OutputTail() const { return redactor_.Scrub(child_.OutputTail()); }

}  // namespace hone::service
