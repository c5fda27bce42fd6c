#include "golang/goroutines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::golang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kDump = R"(goroutine 1 [chan receive, 2 minutes]:
main.main()
	/src/shop/cmd/shop/main.go:25 +0x85

goroutine 34 gp=0xc000102380 m=3 mp=0xc00007a808 [IO wait, locked to thread]:
internal/poll.runtime_pollWait(0x7f2b1c3d5e28, 0x72)
	/usr/local/go/src/runtime/netpoll.go:351 +0x85
net.(*conn).Read(0xc00018a000, {0xc0001c2000, 0x2000, 0x2000})
	/usr/local/go/src/net/net.go:194 +0x45
example.com/shop/internal/cache.Load[...](...)
	/src/shop with blanks/cache.go:7
main.(*T).run.func1()
	C:/src/a.go:12 +0x1d
...additional frames elided...
created by net/http.(*Server).Serve in goroutine 1
	/usr/local/go/src/net/http/server.go:3454 +0x485

goroutine 35 [runnable, labels: {"user":"secret@example.com"}]:
runtime.goexit({})
	/usr/local/go/src/runtime/asm_amd64.s:1700 +0x1
created by runtime.init.1
	/usr/local/go/src/runtime/proc.go:345 +0x1a
)";

TEST(Goroutines, AreRead) {
  const auto goroutines = ParseGoroutines(kDump);
  ASSERT_THAT(goroutines, SizeIs(3));
  EXPECT_EQ(goroutines[0],
            (Goroutine{.id = 1, .state = "chan receive", .frames = {{"main.main", "/src/shop/cmd/shop/main.go", 25}}}));
  EXPECT_EQ(goroutines[1].id, 34);
  EXPECT_EQ(goroutines[1].state, "IO wait");
  EXPECT_THAT(goroutines[1].frames,
              ElementsAre(StackFrame{"internal/poll.runtime_pollWait", "/usr/local/go/src/runtime/netpoll.go", 351},
                          StackFrame{"net.(*conn).Read", "/usr/local/go/src/net/net.go", 194},
                          StackFrame{"example.com/shop/internal/cache.Load[...]", "/src/shop with blanks/cache.go", 7},
                          StackFrame{"main.(*T).run.func1", "C:/src/a.go", 12}));
  EXPECT_EQ(goroutines[1].creation,
            (StackFrame{"net/http.(*Server).Serve", "/usr/local/go/src/net/http/server.go", 3454}));
  EXPECT_EQ(goroutines[1].creator, 1);
  EXPECT_EQ(goroutines[2].state, "runnable");
  EXPECT_EQ(goroutines[2].creation.function, "runtime.init.1");
  EXPECT_EQ(goroutines[2].creator, 0);
}

TEST(Goroutines, AreKeptWithoutValues) {
  const std::string kept = FormatGoroutines(ParseGoroutines(kDump));
  EXPECT_EQ(ParseGoroutines(kept), ParseGoroutines(kDump));
  EXPECT_EQ(FormatGoroutines(ParseGoroutines(kept)), kept);
  EXPECT_THAT(kept, HasSubstr("net.(*conn).Read(...)\n\t/usr/local/go/src/net/net.go:194\n"));
  EXPECT_THAT(kept, Not(HasSubstr("0x")));
  EXPECT_THAT(kept, Not(HasSubstr("secret")));
}

TEST(Goroutines, OfAnythingElseAreNone) {
  for (const char* text :
       {"", "\n\n", "goroutine", "goroutine [running]:", "goroutine x [running]:\n", "<html>",
        "goroutine 0 [running]:\n", "goroutine 99999999999999999999 [running]:\n", "goroutine 1 ]x [:"})
    EXPECT_THAT(ParseGoroutines(text), IsEmpty()) << text;
  // Half of one is what there is of it.
  EXPECT_THAT(ParseGoroutines("goroutine 7 [running]:\nmain.main()\n")[0].frames, IsEmpty());
  EXPECT_THAT(ParseGoroutines("goroutine 7 [running]:\nmain.main()\n\t/a.go:x\n\t/b.go:1\n")[0].frames, IsEmpty());
  EXPECT_THAT(ParseGoroutines(kDump, 2), SizeIs(2));
}

}  // namespace
}  // namespace hone::golang
