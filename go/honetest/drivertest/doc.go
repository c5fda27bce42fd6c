// Package drivertest holds the tests of honetest that need drivers: a module of its own, so that honetest requires none
// and never moves the versions of its users'.
package drivertest
