#include "project/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace hone::project {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kMinimal[] = R"([service]
run = ["go", "run", "."]
url = "http://127.0.0.1:${port}"
[[scenario]]
path = "/"
)";

std::expected<Project, std::vector<Problem>> Parse(std::string_view text) {
  return ParseProject(text, "/repo/benchmarks/hone.toml");
}

// The problems as "LINE:COLUMN: text".
std::vector<std::string> ProblemsOf(std::string_view text) {
  std::vector<std::string> lines;
  const auto project = Parse(text);
  if (project) return lines;
  for (const auto& [at, sentence] : project.error()) {
    lines.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + sentence);
  }
  return lines;
}

// What is wrong with a good file to which `more` was added; its first line is line 6.
std::vector<std::string> ProblemsWith(const std::string& more) { return ProblemsOf(kMinimal + more); }

// What is wrong with a good file whose scenario (at line 4) has `more` in it; its first line is line 6.
std::vector<std::string> ProblemsOfScenario(const std::string& more) { return ProblemsOf(kMinimal + more); }

// The file as the documentation shows it.
std::string DocumentedExample() {
  const auto page = base::ReadFile(std::string(std::getenv("HONE_SOURCE_DIR")) + "/docs/hone-toml.md");
  if (!page) return {};
  const size_t begin = page->find("```toml\n") + 8;
  return page->substr(begin, page->find("\n```", begin) - begin);
}

TEST(Project, ReadsTheDocumentedExample) {
  const auto project = Parse(DocumentedExample());
  ASSERT_TRUE(project) << testing::PrintToString(ProblemsOf(DocumentedExample()));
  EXPECT_EQ(project->service.name, "shop");
  EXPECT_EQ(project->service.dir, "/repo");
  ASSERT_EQ(project->service.build.size(), 5u);
  EXPECT_EQ(project->service.build[3].source(), "${bin}");
  EXPECT_EQ(project->service.env.at("DATABASE_URL").source(), "${db.url}");
  EXPECT_EQ(project->service.files.at(0).content.source(), "dsn: ${db.url}\n");
  EXPECT_EQ(project->service.ready->timeout_ns, 30'000'000'000);
  EXPECT_THAT(project->ports, ElementsAre("port", "port.debug", "port.redis"));
  EXPECT_EQ(project->sidecars.at(0).ready.command.at(0).source(), "redis-cli");
  EXPECT_EQ(project->database->mode, DatabaseMode::kEmbedded);
  EXPECT_EQ(project->database->name, "shop");
  EXPECT_THAT(project->database->migrations, ElementsAre("/repo/migrations/*.up.sql"));
  EXPECT_EQ(project->database->size, 2000);
  EXPECT_EQ(project->database->pooler, Pooler::kTransaction);
  EXPECT_EQ(project->database->seed.back().source(), "${size}");
  ASSERT_EQ(project->logins.size(), 1u);
  EXPECT_EQ(project->logins[0].captures.at(0).where, "/token");
  EXPECT_EQ(project->budgets.round_trip_ns, 500'000);
  EXPECT_EQ(project->limits.rate, 200);
  EXPECT_EQ(project->limits.latency_for_ns, 6'000'000'000);
  EXPECT_EQ(project->pool.env, "DB_MAX_CONNS");
  EXPECT_EQ(project->pool.wait_ns, 1'000'000);
  EXPECT_EQ(project->pool.p99_ns, 200'000'000);
}

TEST(Project, TlsOfTheDatabase) {
  EXPECT_FALSE(Parse(DocumentedExample())->database->tls);
  EXPECT_THAT(ProblemsWith("[database]\ntls = \"maybe\""), ElementsAre(HasSubstr("`tls` must be \"on\" or \"off\"")));
  const std::string wants = "[service.env]\nCA = \"${db.ca}\"\nMODE = \"${db.sslmode}\"\n[database]\ntls = ";
  EXPECT_THAT(ProblemsWith(wants + "\"on\""), ElementsAre());
  EXPECT_THAT(ProblemsWith(wants + "\"off\""), ElementsAre(HasSubstr("`${db.ca}` needs `tls = \"on\"` in [database]")));
}

TEST(Project, APoolMustLeaveAConnectionForEachReplica) {
  EXPECT_THAT(ProblemsWith("[pool]\nreplicas = 20\nmax_connections = 25\nreserve = 5"), ElementsAre());
  EXPECT_THAT(ProblemsWith("[pool]\nreplicas = 20\nmax_connections = 25\nreserve = 6"),
              ElementsAre(HasSubstr("[pool] leaves no connection for each replica")));
  EXPECT_EQ(Parse(kMinimal)->pool.max_connections, 100);
}

TEST(Project, ReadsLimitsOfTheService) {
  const auto limits = [](const std::string& text) {
    return ProblemsOf("[service]\nrun = 'x'\nurl = 'http://127.0.0.1:${port}'\n[service.limits]\n" + text +
                      "\n[[scenario]]\npath = '/'\n");
  };
  EXPECT_EQ(Parse(DocumentedExample())->service.limits.cpus, 0.5);
  EXPECT_EQ(Parse(DocumentedExample())->service.limits.memory_bytes, int64_t{256} << 20);
  EXPECT_EQ(Parse(kMinimal)->service.limits.cpus, std::nullopt);
  EXPECT_THAT(limits("cpus = 2\nmemory = '1.5GiB'"), ElementsAre());
  EXPECT_THAT(limits("cpus = 0"), ElementsAre(HasSubstr("`cpus` must be above 0")));
  EXPECT_THAT(limits("memory = 256"),
              ElementsAre("5:10: `memory` must be a size in quotes, such as \"256MiB\" or \"1GiB\""));
  EXPECT_THAT(limits("memory = '256 MB'"), ElementsAre(HasSubstr("a size in quotes")));
  EXPECT_THAT(limits("memory = '1MiB'"), ElementsAre(HasSubstr("at least 4.00 MiB")));
  EXPECT_THAT(limits(""), ElementsAre(HasSubstr("[service.limits] is empty")));
}

TEST(Project, ReadsTheDocumentedScenarios) {
  const auto project = Parse(DocumentedExample());
  ASSERT_TRUE(project);
  const Scenario& list = project->scenarios.at(0);
  EXPECT_EQ(list.name, "list orders");
  EXPECT_EQ(EndpointName(list), "GET /orders");
  EXPECT_EQ(list.weight, 3);
  EXPECT_FALSE(list.writes);
  ASSERT_NE(list.SizeVariable(), nullptr);
  const auto& sizes = std::get<Sizes>(list.SizeVariable()->values);
  EXPECT_THAT(sizes.values, ElementsAre(1, 2, 5, 10, 25, 50));
  EXPECT_EQ(sizes.load, 25);
  ASSERT_EQ(list.checks.size(), 2u);
  EXPECT_EQ(list.checks[0].kind, BodyCheck::Kind::kLength);
  EXPECT_EQ(list.checks[0].value.source(), "${n}");
  const Scenario& one = project->scenarios.at(1);
  EXPECT_EQ(one.name, "GET /orders/{id}");
  EXPECT_EQ(std::get<FromAnswer>(one.vars.at(0).values).scenario, 0u);
  EXPECT_EQ(one.headers.at(0).second.source(), "Bearer ${login.customer.token}");
  EXPECT_THAT(project->order, ElementsAre(0, 1, 2, 3, 4));
  const Scenario& write = project->scenarios.at(2);
  EXPECT_TRUE(write.writes);
  EXPECT_THAT(write.status, ElementsAre(201));
  EXPECT_EQ(std::get<OfColumn>(project->scenarios.at(3).vars.at(0).values).table, "stores");
  EXPECT_EQ(std::get<OfColumn>(project->scenarios.at(4).vars.at(1).values),
            (OfColumn{"visits", "at", "YYYY-MM-DD", "7 days"}));
}

TEST(Project, ReadsTheTestbed) {
  const auto project =
      ReadProject(std::string(std::getenv("HONE_SOURCE_DIR")) + "/go/testbed/shop/benchmarks/hone.toml");
  ASSERT_TRUE(project) << project.error().what;
  EXPECT_EQ(project->service.name, "shop");
  EXPECT_EQ(project->logins.size(), 2u);
  EXPECT_EQ(project->order.size(), project->scenarios.size());
}

TEST(Project, FillsInDefaults) {
  const auto project = Parse(kMinimal);
  ASSERT_TRUE(project) << testing::PrintToString(ProblemsOf(kMinimal));
  EXPECT_EQ(project->service.name, "repo");
  EXPECT_FALSE(project->database);
  EXPECT_FALSE(project->service.ready);
  EXPECT_FALSE(project->pprof_url);
  EXPECT_FALSE(project->limits.rate);
  EXPECT_EQ(project->budgets.database_ns, 5'000'000);
  EXPECT_EQ(project->scenarios.at(0).name, "GET /");
  EXPECT_THAT(project->scenarios.at(0).status, ElementsAre(200));
}

TEST(Project, MayLeavePprofAsItIs) {
  EXPECT_FALSE(Parse(kMinimal)->pprof_as_is);
  const auto alone = Parse(std::string(kMinimal) + "[pprof]\nmode = 'as-is'\n");
  ASSERT_TRUE(alone);
  EXPECT_TRUE(alone->pprof_as_is);
  EXPECT_FALSE(alone->pprof_url);
  const auto both = Parse(std::string(kMinimal) + "[pprof]\nmode = 'auto'\nurl = 'http://localhost:1/p'\n");
  ASSERT_TRUE(both);
  EXPECT_FALSE(both->pprof_as_is);
  EXPECT_TRUE(both->pprof_url);
  EXPECT_THAT(ProblemsWith("[pprof]\nmode = 'as is'"),
              ElementsAre("7:8: there is no pprof mode `as is`; did you mean `as-is`?"));
}

TEST(Project, SaysWhatIsNoToml) {
  const auto problems = ProblemsOf("[service\nrun = 1");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0], HasSubstr("1:9: not TOML: "));
  EXPECT_THAT(ProblemsOf("a = 1\na = 2")[0], HasSubstr("2:5: not TOML: "));
}

TEST(Project, NamesWhatIsMissing) {
  EXPECT_THAT(ProblemsOf(""), ElementsAre("1:1: there is no [service]",
                                          "1:1: there is no [[scenario]]: Hone would have nothing to drive"));
  EXPECT_THAT(
      ProblemsOf("[service]\nname = 'a'\n[[scenario]]\n"),
      ElementsAre("1:1: [service] has no `run`", "1:1: [service] has no `url`", "3:1: [[scenario]] has no `path`"));
  EXPECT_THAT(ProblemsWith("[database]\nmode = 'url'"), ElementsAre("6:1: [database] has no `url`"));
  EXPECT_THAT(ProblemsWith("[pprof]"), ElementsAre("6:1: [pprof] has no `url`"));
  EXPECT_THAT(ProblemsWith("[[login]]"), ElementsAre("6:1: [[login]] has no `name`", "6:1: [[login]] has no `path`"));
}

TEST(Project, OffersTheNearestNameForAnUnknownKey) {
  EXPECT_THAT(ProblemsWith("[sevice]\nrun = 'x'"),
              ElementsAre("6:2: there is no section `sevice`; did you mean `service`?"));
  EXPECT_THAT(ProblemsOfScenario("statsu = 200"),
              ElementsAre("6:1: [[scenario]] has no key `statsu`; did you mean `status`?"));
  EXPECT_THAT(ProblemsWith("[budgets]\ntime = '1s'"),
              ElementsAre("7:1: [budgets] has no key `time`; known are `database`, `logic`, `round_trip`"));
  EXPECT_THAT(ProblemsOfScenario("vars.n = { sizs = [1] }"),
              testing::Contains("6:12: variable `n` has no key `sizs`; did you mean `sizes`?"));
  EXPECT_THAT(ProblemsWith("[limits]\nlatency = '8s'"), ElementsAre(HasSubstr("7:1: [limits] has no key `latency`")));
}

TEST(Project, NamesWrongTypes) {
  EXPECT_THAT(ProblemsWith("[limits]\nrate = 'fast'"), ElementsAre("7:8: `rate` must be a number, not text"));
  EXPECT_THAT(ProblemsWith("[limits]\nconnections = 1.5"),
              ElementsAre("7:15: `connections` must be a whole number, not a number"));
  EXPECT_THAT(ProblemsWith("[budgets]\ndatabase = 5"),
              ElementsAre("7:12: `database` must be a duration in quotes, such as \"5ms\", not a whole number"));
  EXPECT_THAT(ProblemsWith("[service.env]\nPORT = 8080"),
              ElementsAre("7:8: `PORT` must be text (environment variables are), not a whole number"));
  EXPECT_THAT(ProblemsWith("[headers]\nX = 1"), ElementsAre("7:5: `X` must be text, not a whole number"));
  EXPECT_THAT(ProblemsWith("[database]\nmigrations = 'a.sql'"),
              ElementsAre("7:14: `migrations` must be a list, not text"));
  EXPECT_THAT(ProblemsWith("[database]\nseed = 5"),
              ElementsAre("7:8: `seed` must be a command: text or a list of words, not a whole number"));
  EXPECT_THAT(ProblemsWith("[login]\nname = 'a'"),
              ElementsAre("6:1: `login` must be a list of tables: write [[login]]"));
  EXPECT_THAT(ProblemsOfScenario("writes = 'yes'"), ElementsAre("6:10: `writes` must be true or false, not text"));
  EXPECT_THAT(ProblemsOfScenario("status = '200'"),
              ElementsAre("6:10: `status` must be an HTTP status such as 200, or a list of them, not text"));
  EXPECT_THAT(ProblemsOf("service = 3\n[[scenario]]\npath = '/'"),
              ElementsAre("1:11: `service` must be a table, not a whole number"));
}

TEST(Project, NamesValuesOutOfRange) {
  EXPECT_THAT(ProblemsWith("[limits]\nconnections = 0"), ElementsAre("7:15: `connections` must be 1 to 10000, not 0"));
  EXPECT_THAT(ProblemsWith("[limits]\nrate = inf"),
              ElementsAre("7:8: `rate` must be above 0 and no more than 1000000000, not inf"));
  EXPECT_THAT(ProblemsWith("[limits]\nlatency_for = '1ms'"),
              ElementsAre("7:15: `latency_for` must be at least 100 ms"));
  EXPECT_THAT(ProblemsWith("[budgets]\nlogic = '0s'"), ElementsAre("7:9: `logic` must be above 0"));
  EXPECT_THAT(ProblemsWith("[budgets]\nlogic = 'soon'"),
              ElementsAre("7:9: `logic` must be a duration such as 500us, 5ms, 8s or 2m, not `soon`"));
  EXPECT_THAT(ProblemsWith("[database]\npooler = 'transactions'"),
              ElementsAre("7:10: there is no pooler `transactions`; did you mean `transaction`?"));
  EXPECT_THAT(ProblemsWith("[database]\nsize = 0"), ElementsAre("7:8: `size` must be 1 or more, not 0"));
  EXPECT_THAT(ProblemsOfScenario("status = [200, 20]"),
              ElementsAre("6:16: `status` must be an HTTP status, 100 to 599, not 20"));
  EXPECT_THAT(ProblemsOfScenario("status = []"), ElementsAre("6:10: `status` is an empty list"));
  EXPECT_THAT(ProblemsOfScenario("weight = 0"),
              ElementsAre("6:10: `weight` must be above 0 and no more than 1000000000, not 0"));
  EXPECT_THAT(ProblemsOfScenario("method = 'Post'"),
              ElementsAre("6:10: there is no method `Post`; did you mean `POST`?"));
}

TEST(Project, NamesUndefinedTemplateNames) {
  EXPECT_THAT(ProblemsWith("[service.env]\nDSN = '${db.url}'"),
              ElementsAre("7:7: there is no `${db.url}`; known are `${run.dir}`, `${port}`"));
  EXPECT_THAT(ProblemsWith("[database]\n[service.env]\nDSN = '${db.ulr}'"),
              ElementsAre("8:7: there is no `${db.ulr}`; did you mean `${db.url}`?"));
  EXPECT_THAT(ProblemsWith("[headers]\nAuthorization = 'Bearer ${login.user.token}'"),
              ElementsAre(HasSubstr("7:17: there is no `${login.user.token}`")));
  EXPECT_THAT(ProblemsWith("[database]\nseed = '${bin} seed'"), ElementsAre(HasSubstr("7:8: there is no `${bin}`")));
  EXPECT_THAT(ProblemsWith("[service.env]\nX = '${open'"),
              ElementsAre("7:5: `${` has no `}` after it, at character 1. Write $${ for a literal ${"));
  EXPECT_THAT(ProblemsWith("[[scenario]]\npath = '/a/${di}'\nvars.id = { range = [1, 2] }"),
              ElementsAre("6:1: variable `id` stands in no path, body or header of its scenario",
                          "7:8: there is no `${di}`; did you mean `${id}`?"));
}

TEST(Project, NamesALoginCaptureThatDoesNotExist) {
  constexpr std::string_view kLogin = "[[login]]\nname = 'user'\npath = '/login'\n[login.capture]\ntoken = '/token'\n";
  EXPECT_THAT(ProblemsWith(std::string(kLogin) + "[headers]\nA = '${login.user.tokn}'"),
              ElementsAre("12:5: there is no `${login.user.tokn}`; did you mean `${login.user.token}`?"));
  EXPECT_THAT(ProblemsWith(std::string(kLogin) + "[headers]\nA = '${login.user.token}'"), ElementsAre());
}

TEST(Project, LooksAtLogins) {
  EXPECT_THAT(ProblemsWith("[[login]]\nname = 'a b'\npath = '/x'"),
              ElementsAre("6:1: login `a b`: its name must be letters, digits and _"));
  EXPECT_THAT(ProblemsWith("[[login]]\nname = 'a'\npath = '/x'\ncapture.t = 'token'"),
              ElementsAre("9:13: `t` must be a JSON pointer such as /token, header:Name or cookie:Name, not `token`"));
  EXPECT_THAT(ProblemsWith("[[login]]\nname = 'a'\npath = '/x'\n[[login]]\nname = 'a'\npath = '/y'"),
              ElementsAre("9:1: two logins are called `a`"));
  const auto project = Parse(std::string(kMinimal) +
                             "[[login]]\nname = 'a'\npath = '/x'\ncapture = { c = 'cookie:sid', h = 'header:X-T' }");
  ASSERT_TRUE(project);
  EXPECT_EQ(project->logins[0].captures[0].source, Capture::Source::kCookie);
  EXPECT_EQ(project->logins[0].captures[0].where, "sid");
  EXPECT_EQ(project->logins[0].captures[1].source, Capture::Source::kHeader);
}

TEST(Project, LooksAtUrlsAndPaths) {
  EXPECT_THAT(ProblemsOf("[service]\nrun = 'x'\nurl = 'https://a'\n[[scenario]]\npath = '/'"),
              ElementsAre("3:7: `url` must begin with http://: TLS between Hone and the service is not supported"));
  EXPECT_THAT(ProblemsWith("[metrics]\nurl = '127.0.0.1/metrics'"), ElementsAre("7:7: `url` must begin with http://"));
  EXPECT_THAT(ProblemsWith("[[scenario]]\npath = 'orders'"), ElementsAre("7:8: `path` must begin with a slash"));
  EXPECT_THAT(ProblemsWith("[[scenario]]\npath = '/a b'"),
              ElementsAre("7:8: `path` must hold no blanks and control characters: write a blank as %20"));
  EXPECT_THAT(ProblemsWith("[[scenario]]\npath = '/a#b'"),
              ElementsAre("7:8: `path` must hold no #: browsers never send what follows it; write it as %23"));
}

TEST(Project, LooksAtCommandsAndNames) {
  EXPECT_THAT(ProblemsOf("[service]\nbuild = 'go build ./x'\nrun = 'x'\nurl = 'http://a'\n[[scenario]]\npath = '/'"),
              ElementsAre("2:9: `build` must write to ${bin}: go build -o ${bin} ./cmd/NAME"));
  EXPECT_THAT(ProblemsOf("[service]\nrun = 'a | b'\nurl = 'http://a'\n[[scenario]]\npath = '/'"),
              ElementsAre(HasSubstr("2:7: `run`: ")));
  EXPECT_THAT(ProblemsWith("[service.env]\n'A=B' = 'x'"),
              ElementsAre("7:1: `A=B` cannot be the name of an environment variable"));
  EXPECT_THAT(ProblemsWith("[headers]\n'A:' = 'x'"), ElementsAre("7:1: `A:` cannot be the name of a header"));
  EXPECT_THAT(ProblemsWith("[headers]\nA = \"x\\ny\""), ElementsAre("7:5: header `A` must be one line"));
  EXPECT_THAT(ProblemsWith("[database]\nmode = 'embeded'"),
              ElementsAre("7:8: there is no database mode `embeded`; did you mean `embedded`?"));
  EXPECT_THAT(ProblemsWith("[database]\nurl = 'postgres://x'"),
              ElementsAre("7:7: `url` is for mode = \"url\"; an embedded database has a URL of its own, ${db.url}"));
  EXPECT_THAT(ProblemsWith("[database]\nscratch = true"),
              ElementsAre("7:11: `scratch` is for mode = \"url\"; an embedded database is Hone's own"));
  EXPECT_THAT(ProblemsWith("[database]\nmode = 'url'\nurl = 'postgres://x'\nscratch = true"), ElementsAre());
  EXPECT_THAT(ProblemsWith("[[service.file]]\npath = 'x'"), ElementsAre("6:1: [[service.file]] has no `content`"));
}

TEST(Project, LooksAtVariables) {
  const auto with = [](const std::string& vars) {
    return ProblemsWith("[[scenario]]\npath = '/x/${a}'\n[scenario.vars]\n" + vars);
  };
  EXPECT_THAT(with("a = { sizes = [] }"), ElementsAre("9:15: `sizes` must be a list of 1 to 100 whole numbers"));
  EXPECT_THAT(with("a = { sizes = [1, -1] }"), ElementsAre("9:19: `sizes` must hold whole numbers, 0 or more"));
  EXPECT_THAT(with("a = { sizes = [1, 1] }"), ElementsAre("9:15: `sizes` holds a number twice"));
  EXPECT_THAT(with("a = { sizes = [1, 2], default = 3 }"),
              ElementsAre("9:33: `default` must be one of the sizes, not 3"));
  EXPECT_THAT(with("a = { sizes = [1, 2], items = '${i}-${b}' }"), ElementsAre(HasSubstr("there is no `${b}`")));
  EXPECT_THAT(with("a = { sizes = [1, 2], items = '${i}-${b}' }\nb = { list = [1] }"), ElementsAre());
  EXPECT_THAT(with("a = { sizes = [1, 2], items = '${a}' }"), ElementsAre(HasSubstr("there is no `${a}`")));
  EXPECT_THAT(with("a = { sizes = [1, 2], items = 'x', join = '&id=' }"), ElementsAre());
  for (const char* wrong : {"sizes = [1, 2], join = ','", "sizes = [1, 2], items = 'x', join = ''",
                            "sizes = [1, 2], items = 'x', join = ' #'"})
    EXPECT_THAT(with(std::string("a = { ") + wrong + " }"), ElementsAre(HasSubstr("`join` is what stands between")))
        << wrong;
  EXPECT_THAT(with("a = { range = [1] }"), ElementsAre("9:15: `range` must be two whole numbers: [first, last]"));
  EXPECT_THAT(with("a = { range = [3, 2] }"),
              ElementsAre("9:15: `range` begins with 3, which is more than its last number 2"));
  EXPECT_THAT(with("a = { list = [[1]] }"), ElementsAre("9:14: `list` must be a list of texts or numbers, not empty"));
  EXPECT_THAT(with("a = [1, 2]"), testing::Contains("9:5: variable `a` must be a table such as { range = [1, 20] }"));
  EXPECT_THAT(with("a = { list = [1], range = [1, 2] }"),
              ElementsAre("9:5: variable `a` must have one of `sizes`, `range`, `list`, `column`, `from` and `after`"));
  EXPECT_THAT(with("a = { after = 'b' }\nb = { list = ['2025-01-01'] }\nn = { sizes = [1, 2] }"),
              ElementsAre(HasSubstr("variable `b` stands in no path")));
  EXPECT_THAT(with("a = { after = 'b' }\nn = { sizes = [1, 2] }"),
              ElementsAre(HasSubstr("must name another variable")));
  EXPECT_THAT(with("a = { after = 'n' }\nn = { sizes = [1, 2] }"),
              ElementsAre(HasSubstr("must name another variable")));
  EXPECT_THAT(with("a = { after = 'a' }\nn = { sizes = [1, 2] }"),
              ElementsAre(HasSubstr("must name another variable")));
  for (const char* name : {"orders", ".id", "orders."}) {
    EXPECT_THAT(with(std::string("a = { column = '") + name + "' }"),
                ElementsAre("9:16: `column` must be a table and a column such as \"orders.id\", not `" +
                            std::string(name) + "`"));
  }
  EXPECT_THAT(with("a = { column = 'orders.id' }"), ElementsAre());
  EXPECT_THAT(with("a = { column = 'orders.id', within = { column = 'orgs.slug', is = 'north' } }"), ElementsAre());
  EXPECT_THAT(with("a = { column = 'orders.id', within = { column = 'slug', is = 'north' } }"),
              ElementsAre(HasSubstr("`column` must be a table and a column such as \"orders.id\", not `slug`")));
  EXPECT_THAT(with("a = { column = 'orders.id', within = { column = 'orgs.slug' } }"), ElementsAre(HasSubstr("`is`")));
  EXPECT_THAT(with("a = { column = 'orders.id', also = ['7', 12] }"), ElementsAre());
  EXPECT_THAT(with("a = { column = 'orders.id', also = [] }"),
              ElementsAre(HasSubstr("`also` must be a list of texts or numbers, not empty")));
  EXPECT_THAT(with("a = { range = [1, 2], also = ['7'] }"),
              ElementsAre(HasSubstr("`also` belongs to values by `from` or `column`")));
  EXPECT_THAT(with("a = { from = 'GET /' }"), ElementsAre("9:5: variable `a` has no `pointer`"));
  EXPECT_THAT(with("a = { from = 'GET /', pointer = 'id' }"),
              ElementsAre("9:33: `pointer` must be a JSON pointer such as /items/*/id, or header:Name, not `id`"));
  EXPECT_THAT(with("a = { from = 'GET /y', pointer = '/id' }"),
              ElementsAre(HasSubstr("9:5: `from` names no scenario: there is no `GET /y`")));
  EXPECT_THAT(with("a = { list = [1] }\nseq = { list = [1] }"),
              ElementsAre("10:1: `seq` is a name of Hone's own: call the variable otherwise"));
}

TEST(Project, OnlyOneVariableHasSizes) {
  EXPECT_THAT(
      ProblemsWith("[[scenario]]\npath = '/x/${a}/${b}'\n[scenario.vars]\na = { sizes = [1] }\nb = { sizes = [2] }"),
      ElementsAre("10:1: only one variable of a scenario may have `sizes`, and `a` has them"));
}

TEST(Project, LooksAtChecks) {
  const auto with = [](const std::string& check) { return ProblemsOfScenario("[[scenario.check]]\n" + check); };
  const std::string one_of = "6:1: a check must have one of `equals`, `exists`, `length`, `at_least` and `contains`";
  EXPECT_THAT(with("pointer = '/a'"), ElementsAre(one_of));
  EXPECT_THAT(with("pointer = '/a'\nexists = true\nlength = 1"), ElementsAre(one_of));
  EXPECT_THAT(with("exists = true"), ElementsAre("6:1: [[scenario.check]] has no `pointer`"));
  EXPECT_THAT(with("pointer = 'a'\nexists = true"),
              ElementsAre("7:11: `pointer` must be a JSON pointer such as /items, not `a`"));
  EXPECT_THAT(with("pointer = '/a'\ncontains = 'x'"),
              ElementsAre("6:1: `contains` looks at the whole body: it takes no `pointer`"));
  EXPECT_THAT(with("pointer = '/a'\nequals = [1]"),
              ElementsAre("8:10: `equals` must be text or a number (write JSON as text), not a list"));
  EXPECT_THAT(with("pointer = '/a'\nlength = '${n}'"), ElementsAre(HasSubstr("8:10: there is no `${n}`")));
  EXPECT_THAT(with("pointer = ''\nequals = 5"), ElementsAre());
}

TEST(Project, NamesRepeatedScenarios) {
  EXPECT_THAT(ProblemsWith("[[scenario]]\npath = '/?x=1'"),
              ElementsAre("6:1: two scenarios are called `GET /`, the other one in line 4: give this one a `name`"));
}

TEST(Project, OrdersScenariosByWhatTheyTakeFromEachOther) {
  const auto project = Parse(std::string(kMinimal) + R"(
[[scenario]]
path = "/orders/${id}/lines/${line}"
vars.id = { from = "orders", pointer = "/*/id" }
vars.line = { from = "GET /orders/{id}", pointer = "/lines/*" }
[[scenario]]
path = "/orders/${id}?full=1"
vars.id = { from = "GET /orders", pointer = "/*/id" }
[[scenario]]
name = "orders"
path = "/orders"
)");
  ASSERT_TRUE(project);
  EXPECT_THAT(project->order, ElementsAre(0, 3, 2, 1));
}

TEST(Project, NamesCycles) {
  EXPECT_THAT(ProblemsWith("[[scenario]]\npath = '/a/${x}'\nvars.x = { from = 'GET /b/${x}', pointer = '/x' }\n"
                           "[[scenario]]\npath = '/b/${x}'\nvars.x = { from = 'GET /a/${x}', pointer = '/x' }"),
              ElementsAre("6:1: scenario `GET /a/{x}` takes values from answers that need its own"));
}

TEST(Project, CollectsProblemsUpToALimit) {
  std::string text = kMinimal;
  for (int i = 0; i < 30; ++i) text += "key" + std::to_string(i) + " = 1\n";
  const auto problems = ProblemsOf(text);
  ASSERT_EQ(problems.size(), kMostProblems);
  EXPECT_THAT(problems[0], HasSubstr("6:1: [[scenario]] has no key `key0`"));
  EXPECT_THAT(problems[19], HasSubstr("25:1: "));
}

TEST(Project, ScenarioHeadersReplaceCommonOnes) {
  const auto project = Parse(std::string(kMinimal) + R"(
[scenario.headers]
authorization = "other"
[[scenario]]
path = "/open"
no_auth = true
[headers]
Authorization = "common"
Accept = "*/*"
)");
  ASSERT_TRUE(project);
  ASSERT_EQ(project->scenarios[0].headers.size(), 2u);
  EXPECT_EQ(project->scenarios[0].headers[0].first, "Accept");
  EXPECT_EQ(project->scenarios[0].headers[1].second.source(), "other");
  EXPECT_TRUE(project->scenarios[1].headers.empty());
}

TEST(ReadProject, PutsEachProblemOnALineOfItsOwn) {
  const auto folder = base::TemporaryDirectory::Create("project");
  ASSERT_TRUE(folder);
  const auto file = folder->path() / "hone.toml";
  ASSERT_TRUE(base::WriteFile(file, std::string(kMinimal) + "stats = 1\nwieght = 2\n"));
  const auto project = ReadProject(file);
  ASSERT_FALSE(project);
  EXPECT_EQ(project.error().code, base::Code::kInput);
  EXPECT_EQ(project.error().what,
            "hone.toml:6:1: [[scenario]] has no key `stats`; did you mean `status`?\n"
            "hone.toml:7:1: [[scenario]] has no key `wieght`; did you mean `weight`?");
  const auto missing = ReadProject(folder->path() / "none" / "hone.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, base::Code::kNotFound);
  EXPECT_THAT(base::Sentence(missing.error()), HasSubstr("Write one with `hone init`"));
}

TEST(ReadProject, ResolvesPathsAgainstTheFile) {
  const auto folder = base::TemporaryDirectory::Create("project");
  ASSERT_TRUE(folder);
  const auto benchmarks = folder->path() / "shop" / "benchmarks";
  ASSERT_TRUE(base::MakeDirectories(benchmarks));
  ASSERT_TRUE(
      base::WriteFile(benchmarks / "hone.toml", std::string(kMinimal) + "[database]\nmigrations = ['../sql/*.sql']\n"));
  const auto project = ReadProject(benchmarks / "." / "hone.toml");
  ASSERT_TRUE(project);
  EXPECT_EQ(project->service.dir, folder->path() / "shop");
  EXPECT_EQ(project->service.name, "shop");
  EXPECT_THAT(project->database->migrations, ElementsAre(folder->path() / "shop" / "sql" / "*.sql"));
}

TEST(FilesOf, SortsWithinAPatternAndKeepsTheOrderOfPatterns) {
  const auto folder = base::TemporaryDirectory::Create("project");
  ASSERT_TRUE(folder);
  const auto path = folder->path();
  for (const char* name : {"0002_b.up.sql", "0001_a.up.sql", "0001_a.down.sql", ".hidden.up.sql", "extra.sql"}) {
    ASSERT_TRUE(base::WriteFile(path / name, "select 1"));
  }
  const auto files = FilesOf({path / "extra.sql", path / "*.up.sql"});
  ASSERT_TRUE(files);
  EXPECT_THAT(*files, ElementsAre(path / "extra.sql", path / "0001_a.up.sql", path / "0002_b.up.sql"));
  EXPECT_FALSE(FilesOf({path / "*.none"}));
  EXPECT_FALSE(FilesOf({path / "missing.sql"}));
  EXPECT_FALSE(FilesOf({path / "missing" / "*.sql"}));
}

}  // namespace
}  // namespace hone::project
