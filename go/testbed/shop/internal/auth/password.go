package auth

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
)

const (
	passwordRounds = 20_000
	passwordBytes  = 32
)

// HashPassword derives the stored form of a password.
func HashPassword(password string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, salt, passwordRounds, passwordBytes)
}

// CheckPassword compares in constant time.
func CheckPassword(password string, salt, hash []byte) bool {
	got, err := HashPassword(password, salt)
	return err == nil && subtle.ConstantTimeCompare(got, hash) == 1
}
