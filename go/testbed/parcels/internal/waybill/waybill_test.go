package waybill

import "testing"

func TestBothSayTheSame(t *testing.T) {
	for raw, carrier := range map[string]string{
		Own(7): "OWN", "fp 000000012 de": "OWN", "1Z12345E0205271688": "UPS", "0123-4567890123": "DPD", "AB123456789": "GLS", "nothing": "",
	} {
		a, errA := Recognise(raw)
		b, errB := Identify(raw)
		if a != b || (errA == nil) != (errB == nil) {
			t.Errorf("%s: %v %v, %v %v", raw, a, errA, b, errB)
		}
		if a.Carrier != carrier {
			t.Errorf("%s: %q, want %q", raw, a.Carrier, carrier)
		}
	}
}

func BenchmarkRecognise(b *testing.B) {
	for b.Loop() {
		Recognise("FP000000012DE")
	}
}

func BenchmarkIdentify(b *testing.B) {
	for b.Loop() {
		Identify("FP000000012DE")
	}
}
