module example.com/std.app

go 1.24
