# State of `prod`. `scripts/bootstrap_backend.sh prod` creates the bucket.
bucket = "ha-nat-prod-terraform-state"
key    = "ha-nat/prod/terraform.tfstate"
region = "us-east-1"
