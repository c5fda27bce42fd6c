package crm

import "errors"

var ErrInput = errors.New("unknown service or number of pieces")
