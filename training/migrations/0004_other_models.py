"""Models beside the network: a run's kind and the run whose folds it has; the ranked syndromes of a held-out face."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('training', '0003_calibration_and_heat_maps'),
    ]

    operations = [
        migrations.AddField(
            model_name='prediction',
            name='syndromes',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='trainingrun',
            name='kind',
            field=models.CharField(choices=[('network', 'network'), ('embedding-svm', "support-vector machine on a network's embedding"), ('gabor-linear', 'Gabor features with a linear machine'), ('landmarks', 'landmark geometry')], default='network', max_length=20),
        ),
        migrations.AddField(
            model_name='trainingrun',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='companions', to='training.trainingrun'),
        ),
        migrations.AddConstraint(
            model_name='trainingrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'embedding-svm'), _negated=True), ('source__isnull', False), _connector='OR'), name='run_on_an_embedding_has_a_source'),
        ),
    ]
